using System.Globalization;
using Penstock.KeyValue;

namespace Penstock.Cli.Commands;

/// <summary>A number of bytes. The help shows a default as this prints itself, and that can be typed.</summary>
internal readonly record struct ByteSize(long Bytes)
{
    private static readonly (long Bytes, string Name)[] Units =
        [(1L << 30, "gb"), (1L << 20, "mb"), (1L << 10, "kb")];

    /// <summary>Reads what <see cref="MemorySize"/> reads: the units of Redis.</summary>
    public static bool TryParse(string text, out ByteSize size)
    {
        bool read = MemorySize.TryParse(text, out long bytes);
        size = new ByteSize(bytes);
        return read;
    }

    public override string ToString()
    {
        foreach ((long unit, string name) in Units)
        {
            if (Bytes >= unit && Bytes % unit == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{Bytes / unit}{name}");
        }

        return Bytes.ToString(CultureInfo.InvariantCulture);
    }
}
