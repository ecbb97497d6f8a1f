namespace Penstock.KeyValue.Commands;

/// <summary>The words after the cursor of a SCAN.</summary>
internal ref struct ScanOptions
{
    private const int DefaultCount = 10;

    public ReadOnlySpan<byte> Pattern { get; private set; }

    public long Count { get; private set; }

    /// <summary>False when only keys of another type are asked for; there are none.</summary>
    public bool IncludesStrings { get; private set; }

    public static bool TryRead(in Invocation call, int index, out ScanOptions options)
    {
        options = new ScanOptions { Pattern = "*"u8, Count = DefaultCount, IncludesStrings = true };
        for (; index < call.Count; index += 2)
        {
            bool hasValue = index + 1 < call.Count;
            if (hasValue && call.Is(index, "match"u8))
            {
                options.Pattern = call[index + 1];
            }
            else if (hasValue && call.Is(index, "type"u8))
            {
                options.IncludesStrings = call.Is(index + 1, "string"u8);
            }
            else if (hasValue && call.Is(index, "count"u8))
            {
                if (!options.TryReadCount(in call, index + 1))
                    return false;
            }
            else
            {
                call.SyntaxError();
                return false;
            }
        }

        return true;
    }

    private bool TryReadCount(in Invocation call, int index)
    {
        if (!call.TryGetInteger(index, out long count))
            return false;
        Count = count;
        if (count < 1)
            call.SyntaxError();
        return count >= 1;
    }
}
