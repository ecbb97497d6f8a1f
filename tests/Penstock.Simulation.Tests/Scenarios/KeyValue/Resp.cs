using System.Text;

namespace Penstock.Simulation.Tests.Scenarios.KeyValue;

/// <summary>The Redis protocol's replies and commands, in strings of one character a byte.</summary>
internal static class Resp
{
    public const string Ok = "+OK\r\n";
    public const string Null = "$-1\r\n";
    public const string NullArray = "*-1\r\n";

    public static string Bulk(string? value) => value is null ? Null : $"${value.Length}\r\n{value}\r\n";

    public static string Integer(long value) => $":{value}\r\n";

    public static string Error(string text) => $"-{text}\r\n";

    public static string Array(params IEnumerable<string> items)
    {
        string[] all = [.. items];
        return $"*{all.Length}\r\n{string.Concat(all)}";
    }

    public static string Command(IEnumerable<string> words) => Array(words.Select(Bulk));

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
