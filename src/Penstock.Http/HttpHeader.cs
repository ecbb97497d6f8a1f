namespace Penstock.Http;

/// <summary>One field of a head or of trailers: views of the request's memory.</summary>
public readonly ref struct HttpHeader
{
    internal HttpHeader(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Name = name;
        Value = value;
    }

    /// <summary>The name as it was sent; compare it without case.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The value without the white space around it.</summary>
    public ReadOnlySpan<byte> Value { get; }
}
