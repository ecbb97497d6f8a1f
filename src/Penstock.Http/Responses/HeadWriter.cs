using System.Buffers.Text;

namespace Penstock.Http.Responses;

/// <summary>Writes a response's head into memory that is known to be long enough.</summary>
internal ref struct HeadWriter(Span<byte> target)
{
    /// <summary>The most that a head takes beside the fields that an endpoint added.</summary>
    public const int MaxFixedBytes = 256;

    private readonly Span<byte> _target = target;

    public int Written { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_target[Written..]);
        Written += bytes.Length;
    }

    public void Write(long number)
    {
        Utf8Formatter.TryFormat(number, _target[Written..], out int written);
        Written += written;
    }

    /// <summary>
    /// What the client must be told about the connection: that it ends, or in HTTP/1.0 that it does not (RFC 9112,
    /// section 9.3).
    /// </summary>
    public void WriteConnection(HttpVersion version, bool keepAlive)
    {
        if (!keepAlive)
            Write("Connection: close\r\n"u8);
        else if (version == HttpVersion.Http10)
            Write("Connection: keep-alive\r\n"u8);
    }
}
