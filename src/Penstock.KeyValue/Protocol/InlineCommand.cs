using System.Buffers;

namespace Penstock.KeyValue.Protocol;

/// <summary>A command typed as one line: words between blanks, in single or double quotes if they hold some.</summary>
internal static class InlineCommand
{
    public static OperationStatus Parse(
        ReadOnlySpan<byte> input, RespArguments arguments, int maxBytes, out string? error)
    {
        error = null;
        int end = input.IndexOf((byte)'\n');
        if (end < 0 || end > maxBytes)
        {
            error = input.Length > maxBytes ? "too big inline request" : null;
            return error is null ? OperationStatus.NeedMoreData : OperationStatus.InvalidData;
        }

        arguments.Position = end + 1;
        ReadOnlySpan<byte> line = input[..end];
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
        value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or 0 or 0x0b or 0x0c;
}
