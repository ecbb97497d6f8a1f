namespace Penstock.Kestrel.Connections;

/// <summary>
/// Names for logs: as those of the stock transport, 13 characters of base 32, one after the other from a start that differs
/// between processes.
/// </summary>
internal static class ConnectionIds
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

    private static long _last = DateTime.UtcNow.Ticks;

    public static string Next() => string.Create(13, Interlocked.Increment(ref _last), static (text, id) =>
    {
        for (int i = text.Length - 1; i >= 0; i--)
        {
            text[i] = Digits[(int)(id & 31)];
            id = (long)((ulong)id >> 5);
        }
    });
}
