namespace Penstock.KeyValue.Store;

/// <summary>Which transactions depend on which keys of one shard. Needs the shard's lock.</summary>
internal sealed class WatchTable
{
    private readonly Dictionary<byte[], List<KeyWatch>> _byKey = new(ByteKeyComparer.Instance);

    /// <summary>Marks every transaction that watches <paramref name="key"/> as broken.</summary>
    public void Touch(ReadOnlySpan<byte> key)
    {
        if (_byKey.Count > 0)
            TouchWatched(key);
    }

    /// <summary>Every key of the shard goes; one that is watched and not there stays as it is.</summary>
    public void TouchAll(Func<byte[], bool> exists)
    {
        foreach ((byte[] key, List<KeyWatch> watches) in _byKey)
        {
            if (exists(key))
                watches.ForEach(watch => watch.IsBroken = true);
        }
    }

    public void Add(byte[] key, KeyWatch watch)
    {
        if (!_byKey.TryGetValue(key, out List<KeyWatch>? watches))
            _byKey.Add(key, watches = []);
        watches.Add(watch);
    }

    public void Remove(byte[] key, KeyWatch watch)
    {
        if (!_byKey.TryGetValue(key, out List<KeyWatch>? watches))
            return;
        watches.Remove(watch);
        if (watches.Count == 0)
            _byKey.Remove(key);
    }

    private void TouchWatched(ReadOnlySpan<byte> key)
    {
        if (!_byKey.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out List<KeyWatch>? watches))
            return;
        foreach (KeyWatch watch in watches)
            watch.IsBroken = true;
    }
}
