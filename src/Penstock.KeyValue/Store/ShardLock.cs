using System.Numerics;

namespace Penstock.KeyValue.Store;

/// <summary>
/// Holds the locks of a set of shards, one bit each. They are taken in ascending order everywhere, so two holders never
/// wait for each other.
/// </summary>
internal readonly ref struct ShardLock
{
    private readonly Shard[] _shards;
    private readonly ulong _mask;

    public ShardLock(Shard[] shards, ulong mask)
    {
        _shards = shards;
        _mask = mask;
        for (ulong rest = mask; rest != 0; rest &= rest - 1)
            shards[BitOperations.TrailingZeroCount(rest)].Gate.Enter();
    }

    public void Dispose()
    {
        for (ulong rest = _mask; rest != 0; rest &= rest - 1)
            _shards[BitOperations.TrailingZeroCount(rest)].Gate.Exit();
    }
}
