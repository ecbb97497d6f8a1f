using System.Text;

namespace Penstock.Http;

/// <summary>
/// The fields of a request's head or trailers, in the order sent. Valid until the response is complete.
/// </summary>
public sealed class HttpHeaders
{
    private readonly HttpRequest _request;
    private Field[] _fields = new Field[16];

    internal HttpHeaders(HttpRequest request) => _request = request;

    /// <summary>How many fields there are; a repeated one counts each time.</summary>
    public int Count { get; private set; }

    /// <summary>A field by its place.</summary>
    public HttpHeader this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
            return new HttpHeader(NameAt(index), ValueAt(index));
        }
    }

    /// <summary>The first field of a name, compared without case.</summary>
    public bool TryGet(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        for (int i = 0; i < Count; i++)
        {
            if (IsNamed(i, name))
            {
                value = ValueAt(i);
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>The only field of a name; false when there is none, or more than one and so none to go by.</summary>
    internal bool TryGetOnly(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        int found = 0;
        for (int i = 0; i < Count; i++)
        {
            if (!IsNamed(i, name))
                continue;
            value = ValueAt(i);
            found++;
        }

        return found == 1;
    }

    internal bool Contains(ReadOnlySpan<byte> name) => TryGet(name, out _);

    internal bool IsNamed(int index, ReadOnlySpan<byte> name) =>
        _fields[index].NameLength == name.Length && Ascii.EqualsIgnoreCase(NameAt(index), name);

    internal ReadOnlySpan<byte> NameAt(int index) =>
        _request.Bytes.Slice(_fields[index].NameStart, _fields[index].NameLength);

    internal ReadOnlySpan<byte> ValueAt(int index) =>
        _request.Bytes.Slice(_fields[index].ValueStart, _fields[index].ValueLength);

    internal void Clear() => Count = 0;

    /// <summary>
    /// Both are views of the request's memory; only where they lie is kept, because that memory can move.
    /// </summary>
    internal void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (Count == _fields.Length)
            Array.Resize(ref _fields, Count * 2);
        ref Field field = ref _fields[Count++];
        field.NameStart = _request.OffsetOf(name);
        field.NameLength = name.Length;
        field.ValueStart = value.IsEmpty ? 0 : _request.OffsetOf(value);
        field.ValueLength = value.Length;
    }

    private struct Field
    {
        public int NameStart;
        public int NameLength;
        public int ValueStart;
        public int ValueLength;
    }
}
