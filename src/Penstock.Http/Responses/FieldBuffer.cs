namespace Penstock.Http.Responses;

/// <summary>Fields that an endpoint added, as they will be sent. Keeps its memory for the next response.</summary>
internal sealed class FieldBuffer
{
    private byte[] _bytes = [];
    private int _length;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public void Clear() => _length = 0;

    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        ResponseRules.CheckField(name, value);
        Append(name);
        Append(": "u8);
        Append(value);
        Append("\r\n"u8);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_bytes.Length - _length < bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_length + bytes.Length, Math.Max(256, _bytes.Length * 2)));
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }
}
