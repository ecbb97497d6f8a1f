namespace Penstock.Drivers;

/// <summary>
/// Tables that are indexed by slot and grow with use: slots are taken from the lowest number up, so a loop that has few
/// connections has small tables, however many it might hold.
/// </summary>
internal static class SlotTable
{
    private const int Smallest = 128;

    /// <summary>Makes room for the entry <paramref name="index"/>; references into the table are void then.</summary>
    /// <param name="table">The table; replaced by a larger one when it is too small.</param>
    /// <param name="index">The entry that is about to be used.</param>
    /// <param name="capacity">What the table never grows past.</param>
    public static void Reserve<T>(ref T[] table, int index, int capacity)
    {
        if ((uint)index < (uint)table.Length)
            return;
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)capacity, nameof(index));
        int wanted = Math.Max(Math.Max(Smallest, index + 1), table.Length * 2);
        Array.Resize(ref table, Math.Min(wanted, capacity));
    }
}
