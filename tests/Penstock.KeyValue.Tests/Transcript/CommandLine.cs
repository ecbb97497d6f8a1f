using System.Globalization;
using System.Text;

namespace Penstock.KeyValue.Tests.Transcript;

/// <summary>Splits a line as redis-cli does; characters are bytes.</summary>
internal static class CommandLine
{
    public static string[] Split(string line)
    {
        List<string> words = [];
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == ' ')
                continue;
            words.Add(line[i] == '"' ? ReadQuoted(line, ref i) : ReadBare(line, ref i));
        }

        return [.. words];
    }

    private static string ReadBare(string line, ref int i)
    {
        int start = i;
        while (i < line.Length && line[i] != ' ')
            i++;
        return line[start..i];
    }

    private static string ReadQuoted(string line, ref int i)
    {
        var word = new StringBuilder();
        for (i++; line[i] != '"'; i++)
        {
            if (line[i] != '\\')
            {
                word.Append(line[i]);
            }
            else if (line[++i] == 'x')
            {
                ReadOnlySpan<char> digits = line.AsSpan(i + 1, 2);
                word.Append((char)byte.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
                i += 2;
            }
            else
            {
                word.Append(line[i] switch { 'n' => '\n', 'r' => '\r', 't' => '\t', char c => c });
            }
        }

        return word.ToString();
    }
}
