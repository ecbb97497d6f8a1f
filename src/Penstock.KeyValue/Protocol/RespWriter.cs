using System.Runtime.CompilerServices;
using System.Text;

namespace Penstock.KeyValue.Protocol;

/// <summary>
/// Writes replies straight into a connection's send queue, in the version of the protocol that its client chose.
/// </summary>
internal readonly ref struct RespWriter(Connection connection, bool resp3)
{
    /// <summary>Type byte, number, line end.</summary>
    private const int MaxHeaderBytes = 1 + RespNumber.MaxInt64Bytes + 2;

    /// <summary>Up to here a bulk string is written as one run; a longer one fills the blocks there are.</summary>
    private const int MaxRunBytes = 4 * 1024;

    public bool IsResp3 => resp3;

    public void Ok() => connection.Send("+OK\r\n"u8);

    /// <summary>A value, as it is the reply to a GET.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Bulk(ReadOnlySpan<byte> value)
    {
        if (value.Length > MaxRunBytes)
        {
            LongBulk(value);
            return;
        }

        Span<byte> span = connection.GetSpan(MaxHeaderBytes + value.Length + 2);
        int head = WriteHeader(span, (byte)'$', value.Length);
        value.CopyTo(span[head..]);
        span[head + value.Length] = (byte)'\r';
        span[head + value.Length + 1] = (byte)'\n';
        connection.Advance(head + value.Length + 2);
    }

    public void Bulk(string text) => Bulk(Encoding.UTF8.GetBytes(text));

    /// <summary>Text for people: a verbatim string where the protocol has one.</summary>
    public void Text(string text)
    {
        if (!resp3)
        {
            Bulk(text);
            return;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Header((byte)'=', bytes.Length + 4);
        connection.Send("txt:"u8);
        connection.Send(bytes);
        connection.Send("\r\n"u8);
    }

    public void Integer(long value) => Header((byte)':', value);

    public void Null()
    {
        if (resp3)
            connection.Send("_\r\n"u8);
        else
            connection.Send("$-1\r\n"u8);
    }

    /// <summary>The reply of an EXEC that did not happen.</summary>
    public void NullArray()
    {
        if (resp3)
            connection.Send("_\r\n"u8);
        else
            connection.Send("*-1\r\n"u8);
    }

    public void Array(int count) => Header((byte)'*', count);

    /// <summary>Pairs of key and value; an array of twice as many in the older protocol.</summary>
    public void Map(int pairs) => Header((byte)(resp3 ? '%' : '*'), resp3 ? pairs : pairs * 2);

    public void Set(int count) => Header((byte)(resp3 ? '~' : '*'), count);

    /// <summary>What the client did not ask for at this moment.</summary>
    public void Push(int count) => Header((byte)(resp3 ? '>' : '*'), count);

    public void Simple(ReadOnlySpan<byte> text)
    {
        connection.Send("+"u8);
        connection.Send(text);
        connection.Send("\r\n"u8);
    }

    public void Simple(string text) => Simple(Encoding.ASCII.GetBytes(text));

    /// <summary>An error with its code in front: <c>ERR syntax error</c>. Line ends within become blanks.</summary>
    public void Error(string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        foreach (ref byte value in bytes.AsSpan())
        {
            if (value is (byte)'\r' or (byte)'\n')
                value = (byte)' ';
        }

        connection.Send("-"u8);
        connection.Send(bytes);
        connection.Send("\r\n"u8);
    }

    private void LongBulk(ReadOnlySpan<byte> value)
    {
        Header((byte)'$', value.Length);
        connection.Send(value);
        connection.Send("\r\n"u8);
    }

    private void Header(byte type, long number)
    {
        Span<byte> span = connection.GetSpan(MaxHeaderBytes);
        connection.Advance(WriteHeader(span, type, number));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int WriteHeader(Span<byte> span, byte type, long number)
    {
        span[0] = type;
        int digits = 1;
        if ((ulong)number <= 9)
            span[1] = (byte)('0' + number);
        else
            digits = RespNumber.Write(number, span[1..]);
        span[digits + 1] = (byte)'\r';
        span[digits + 2] = (byte)'\n';
        return digits + 3;
    }
}
