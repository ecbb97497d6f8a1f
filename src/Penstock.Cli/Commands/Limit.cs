using System.Globalization;

namespace Penstock.Cli.Commands;

/// <summary>
/// The longest that something may take; <see cref="Timeout.InfiniteTimeSpan"/>, typed as 0, is no limit. The help shows
/// a default as this prints itself, and that can be typed.
/// </summary>
internal readonly record struct Limit(TimeSpan Time)
{
    /// <summary>What every timeout of the engine takes.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    // "ms" before "m" and "s", which it ends with.
    private static readonly (string Name, double Seconds)[] Units =
        [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];

    /// <summary>For what 0 means not to do at all.</summary>
    public TimeSpan TimeOrNone => Time == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : Time;

    /// <summary>Reads seconds, or a number with a unit: 30, 1.5s, 500ms, 2m, 1h.</summary>
    public static bool TryParse(string text, out Limit limit)
    {
        limit = default;
        (string number, double unit) = Split(text);
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
            return false;

        double seconds = value * unit;
        if (!double.IsFinite(seconds) || seconds > Longest.TotalSeconds)
            return false;
        TimeSpan time = TimeSpan.FromSeconds(seconds);

        // Something so short that it rounds to nothing is not meant as "no limit".
        if (time == TimeSpan.Zero && value != 0)
            return false;
        limit = new Limit(value == 0 ? Timeout.InfiniteTimeSpan : time);
        return true;
    }

    public override string ToString() => Time == Timeout.InfiniteTimeSpan
        ? "0"
        : Time.TotalSeconds.ToString(CultureInfo.InvariantCulture);

    private static (string Number, double Unit) Split(string text)
    {
        foreach ((string name, double seconds) in Units)
        {
            if (text.EndsWith(name, StringComparison.OrdinalIgnoreCase))
                return (text[..^name.Length], seconds);
        }

        return (text, 1);
    }
}
