namespace Penstock.KeyValue.Commands;

/// <summary>Reads times to live.</summary>
internal static class ExpiryTimes
{
    /// <summary>Reads a time that must be positive; replies with the error when it is none.</summary>
    /// <param name="call">The call.</param>
    /// <param name="index">The argument.</param>
    /// <param name="unit">What it is given in.</param>
    /// <param name="relative">Whether it counts from now on.</param>
    /// <param name="expiresAt">Unix time in milliseconds.</param>
    public static bool TryRead(in Invocation call, int index, TimeUnit unit, bool relative, out long expiresAt)
    {
        expiresAt = 0;
        if (!call.TryGetInteger(index, out long time))
            return false;
        if (time > 0 && TryConvert(time, unit, relative ? call.Keys.Now : 0, out expiresAt))
            return true;
        call.Error(ErrorTexts.InvalidExpire, call.Command.FullName);
        return false;
    }

    /// <summary>
    /// Makes a Unix time in milliseconds, unless the time or the sum is more than a 64-bit number can say.
    /// </summary>
    public static bool TryConvert(long time, TimeUnit unit, long from, out long expiresAt)
    {
        Int128 milliseconds = (Int128)time * (int)unit;
        Int128 sum = milliseconds + from;
        expiresAt = (long)Int128.Clamp(sum, long.MinValue, long.MaxValue);
        return milliseconds >= long.MinValue && milliseconds <= long.MaxValue && sum <= long.MaxValue;
    }
}
