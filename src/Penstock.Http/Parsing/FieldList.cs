namespace Penstock.Http.Parsing;

/// <summary>
/// The elements of a comma-separated field value, without the white space around them; empty elements are skipped
/// (RFC 9110, section 5.6.1). Quoted strings are not understood: no field that is read here has them around a comma.
/// </summary>
internal ref struct FieldList(ReadOnlySpan<byte> value)
{
    private ReadOnlySpan<byte> _rest = value;

    public ReadOnlySpan<byte> Current { get; private set; }

    public readonly FieldList GetEnumerator() => this;

    public bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            int comma = _rest.IndexOf((byte)',');
            Current = (comma < 0 ? _rest : _rest[..comma]).Trim(" \t"u8);
            _rest = comma < 0 ? default : _rest[(comma + 1)..];
            if (!Current.IsEmpty)
                return true;
        }

        return false;
    }
}
