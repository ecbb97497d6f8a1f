namespace Penstock;

/// <summary>The checks of option values; each failure names the option and says what it takes.</summary>
internal static class OptionChecks
{
    public static void AtLeast(long value, long minimum, string option)
    {
        if (value < minimum)
            throw new ArgumentOutOfRangeException(option, value, $"{option} must be at least {minimum}.");
    }

    /// <summary>What timers of the runtime take at most, too; a deadline further away would overflow.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(int.MaxValue);

    public static void InRange(int value, int minimum, int maximum, string option)
    {
        if (value < minimum || value > maximum)
            throw new ArgumentOutOfRangeException(option, value, $"{option} must be from {minimum} to {maximum}.");
    }

    public static void Positive(TimeSpan value, string option)
    {
        if (value <= TimeSpan.Zero || value > Longest)
        {
            throw new ArgumentOutOfRangeException(
                option, value, $"{option} must be positive and at most {Longest.Days} days.");
        }
    }

    public static void NotNegative(TimeSpan value, string option)
    {
        if (value < TimeSpan.Zero || value > Longest)
        {
            throw new ArgumentOutOfRangeException(
                option, value, $"{option} must be zero or more and at most {Longest.Days} days.");
        }
    }

    public static void PositiveOrInfinite(TimeSpan value, string option)
    {
        if ((value <= TimeSpan.Zero || value > Longest) && value != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(
                option, value, $"{option} must be positive and at most {Longest.Days} days, or infinite for no limit.");
        }
    }
}
