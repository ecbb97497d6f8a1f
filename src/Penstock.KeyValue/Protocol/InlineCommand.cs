using System.Buffers;

namespace Penstock.KeyValue.Protocol;

/// <summary>A command typed as one line: words between blanks, in single or double quotes if they hold some.</summary>
internal static class InlineCommand
{
    public static OperationStatus Parse(
        ReadOnlySpan<byte> input, RespArguments arguments, int maxBytes, out string? error)
    {
        int end = input.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = end < 0 ? input : input[..end];
        error = ProblemOf(line, maxBytes);
        if (error is not null)
            return OperationStatus.InvalidData;
        if (end < 0)
            return OperationStatus.NeedMoreData;

        arguments.Position = end + 1;
        if (line.EndsWith("\r"u8))
            line = line[..^1];

        // Quoting only ever shortens, so the words fit where the line did.
        byte[] words = new byte[line.Length];
        arguments.Inline = words;
        int written = 0;
        for (int position = SkipBlanks(line, 0); position < line.Length; position = SkipBlanks(line, position))
        {
            int start = written;
            if (!ReadWord(line, ref position, words, ref written))
            {
                error = "unbalanced quotes in request";
                return OperationStatus.InvalidData;
            }

            arguments.Add(start, written - start);
        }

        return OperationStatus.Done;
    }

    /// <summary>
    /// Nobody types a zero, but the first messages of TLS and STUN hold some, and a web page can have a browser send
    /// them here with lines of its own behind. Redis looks for the end of the line no further than to the zero, so it
    /// runs none of them either.
    /// </summary>
    private static string? ProblemOf(ReadOnlySpan<byte> line, int maxBytes)
    {
        if (line.Length > maxBytes)
            return "too big inline request";
        return line.Contains((byte)0) ? "zero byte in inline request" : null;
    }

    private static int SkipBlanks(ReadOnlySpan<byte> line, int position)
    {
        while (position < line.Length && IsBlank(line[position]))
            position++;
        return position;
    }

    private static bool ReadWord(ReadOnlySpan<byte> line, ref int position, byte[] words, ref int written)
    {
        while (position < line.Length && !IsBlank(line[position]))
        {
            byte value = line[position];
            if (value is not ((byte)'"' or (byte)'\''))
            {
                words[written++] = value;
                position++;
                continue;
            }

            // A closing quote ends the word: what follows must be a blank.
            return ReadQuoted(line, ref position, words, ref written)
                && (position == line.Length || IsBlank(line[position]));
        }

        return true;
    }

    private static bool ReadQuoted(ReadOnlySpan<byte> line, ref int position, byte[] words, ref int written)
    {
        byte quote = line[position++];
        while (position < line.Length)
        {
            byte value = line[position++];
            if (value == quote)
                return true;
            if (value == '\\' && position < line.Length)
                value = quote == '"' ? ReadEscape(line, ref position) : ReadEscapedQuote(line, ref position);
            words[written++] = value;
        }

        return false;
    }

    private static byte ReadEscapedQuote(ReadOnlySpan<byte> line, ref int position)
    {
        if (line[position] != '\'')
            return (byte)'\\';
        position++;
        return (byte)'\'';
    }

    private static byte ReadEscape(ReadOnlySpan<byte> line, ref int position)
    {
        byte code = line[position++];
        if (code == 'x' && position + 2 <= line.Length
            && char.IsAsciiHexDigit((char)line[position]) && char.IsAsciiHexDigit((char)line[position + 1]))
        {
            byte value = (byte)((HexValue(line[position]) << 4) | HexValue(line[position + 1]));
            position += 2;
            return value;
        }

        return code switch
        {
            (byte)'n' => (byte)'\n',
            (byte)'r' => (byte)'\r',
            (byte)'t' => (byte)'\t',
            (byte)'b' => (byte)'\b',
            (byte)'a' => (byte)'\a',
            _ => code,
        };
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    private static bool IsBlank(byte value) =>
        value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or 0x0b or 0x0c;
}
