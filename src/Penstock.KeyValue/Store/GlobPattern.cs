namespace Penstock.KeyValue.Store;

/// <summary>
/// Matching of names as Redis does it: <c>*</c>, <c>?</c>, <c>[a-c]</c>, <c>[^a]</c> and <c>\</c> before any of them.
/// </summary>
/// <remarks>
/// It remembers the last star only and goes back to that: a name is matched in quadratic time at worst, where the
/// recursive form takes exponential time for a pattern of many stars.
/// </remarks>
internal static class GlobPattern
{
    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text)
    {
        int p = 0, t = 0, star = -1, starText = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = ++p;
                starText = t;
            }
            else if (p < pattern.Length && MatchesOne(pattern, p, text[t], out int next))
            {
                p = next;
                t++;
            }
            else if (star >= 0)
            {
                p = star;
                t = ++starText;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*')
            p++;
        return p == pattern.Length;
    }

    private static bool MatchesOne(ReadOnlySpan<byte> pattern, int p, byte value, out int next)
    {
        next = p + 1;
        switch (pattern[p])
        {
            case (byte)'?':
                return true;
            case (byte)'[':
                return MatchesClass(pattern, p + 1, value, out next);
            case (byte)'\\' when p + 1 < pattern.Length:
                next = p + 2;
                return pattern[p + 1] == value;
            default:
                return pattern[p] == value;
        }
    }

    /// <summary>A class that is not closed ends with the pattern.</summary>
    private static bool MatchesClass(ReadOnlySpan<byte> pattern, int p, byte value, out int next)
    {
        bool negated = p < pattern.Length && pattern[p] == '^';
        if (negated)
            p++;
        bool found = false;
        for (; p < pattern.Length && pattern[p] != ']'; p++)
        {
            if (pattern[p] == '\\' && p + 1 < pattern.Length)
            {
                found |= pattern[++p] == value;
            }
            else if (p + 2 < pattern.Length && pattern[p + 1] == '-')
            {
                byte low = Math.Min(pattern[p], pattern[p + 2]);
                byte high = Math.Max(pattern[p], pattern[p + 2]);
                found |= value >= low && value <= high;
                p += 2;
            }
            else
            {
                found |= pattern[p] == value;
            }
        }

        next = Math.Min(p + 1, pattern.Length);
        return found != negated;
    }
}
