namespace Penstock.Publishing;

/// <summary>
/// Something for each loop of a group, made when a loop is first asked about: with a thread per connection their number
/// grows while others read.
/// </summary>
internal sealed class PerLoop<T>(Func<int, T> create)
{
    private readonly Lock _gate = new();
    private T[] _items = [];

    /// <summary>
    /// Those of the first loops, up to the last one that was asked about. Any thread; what another one adds may
    /// be missing for a moment.
    /// </summary>
    public ReadOnlySpan<T> Existing => Volatile.Read(ref _items);

    /// <summary>Any thread.</summary>
    public T this[int loop]
    {
        get
        {
            T[] items = Volatile.Read(ref _items);
            return loop < items.Length ? items[loop] : Grow(loop);
        }
    }

    private T Grow(int loop)
    {
        lock (_gate)
        {
            // Replaced and never changed, so that readers need no lock.
            T[] items = _items;
            while (items.Length <= loop)
                items = [.. items, create(items.Length)];
            Volatile.Write(ref _items, items);
            return items[loop];
        }
    }
}
