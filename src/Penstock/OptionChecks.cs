namespace Penstock;

/// <summary>The checks of option values; each failure names the option and says what it takes.</summary>
internal static class OptionChecks
{
    public static void AtLeast(int value, int minimum, string option)
    {
        if (value < minimum)
            throw new ArgumentOutOfRangeException(option, value, $"{option} must be at least {minimum}.");
    }

    public static void PositiveOrInfinite(TimeSpan value, string option)
    {
        if (value <= TimeSpan.Zero && value != Timeout.InfiniteTimeSpan)
            throw new ArgumentOutOfRangeException(option, value, $"{option} must be positive, or infinite for no limit.");
    }
}
