namespace Penstock.KeyValue.Durability;

/// <summary>Framed records that wait to be written, contiguous.</summary>
internal sealed class LogBuffer
{
    /// <summary>Room beyond this is not kept once it was needed.</summary>
    private const int KeptBytes = 1024 * 1024;

    private byte[] _bytes = new byte[64 * 1024];

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    public void Add(ReadOnlySpan<byte> payload)
    {
        int total = LogFormat.HeaderBytes + payload.Length;
        if (_bytes.Length - Length < total)
        {
            int doubled = (int)Math.Min(_bytes.Length * 2L, Array.MaxLength);
            Array.Resize(ref _bytes, Math.Max(checked(Length + total), doubled));
        }
        Span<byte> room = _bytes.AsSpan(Length);
        LogFormat.WriteHeader(room, payload);
        payload.CopyTo(room[LogFormat.HeaderBytes..]);
        Length += total;
    }

    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > KeptBytes)
            _bytes = new byte[KeptBytes];
    }
}
