using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Penstock.KeyValue.Store;

/// <summary>
/// All keys, in shards with a lock each, shared by all loops. <see cref="KeyspaceAccess"/> is how a loop uses it.
/// </summary>
/// <remarks>
/// Sixty-four shards because their set fits a machine word, and because growing one table moves a sixty-fourth of the
/// keys, which is what bounds the pause.
/// </remarks>
internal sealed class Keyspace : IDisposable
{
    public const int ShardCount = 64;

    /// <summary>Every shard.</summary>
    public const ulong AllShards = ulong.MaxValue;

    private const int ShardShift = 64 - 6;

    private readonly SipHash _hash;
    private readonly Lock? _onlyGate;

    /// <param name="users">
    /// Loops that will use it. A single one has all shards under one lock, which it takes once for a batch of commands;
    /// only snapshots contend for it.
    /// </param>
    /// <param name="hashKey">The key of the hash; null for a random one.</param>
    public Keyspace(int users, UInt128? hashKey = null)
    {
        _onlyGate = users == 1 ? new Lock() : null;
        UInt128 key = hashKey ?? MemoryMarshal.Read<UInt128>(RandomNumberGenerator.GetBytes(16));
        _hash = new SipHash((ulong)(key >> 64), (ulong)key);
        for (int i = 0; i < ShardCount; i++)
            Shards[i] = new Shard(_onlyGate ?? new Lock());
    }

    public Shard[] Shards { get; } = new Shard[ShardCount];

    /// <summary>Keys now. Exact when nothing is being written.</summary>
    public long Count => Shards.Sum(shard => (long)shard.Count);

    /// <summary>Keys that have a time to live.</summary>
    public long ExpiringCount => Shards.Sum(shard => (long)shard.ExpiringCount);

    /// <summary>Bytes that all of it takes. Exact when nothing is being written.</summary>
    public long MemoryBytes
    {
        get
        {
            long sum = 0;
            foreach (Shard shard in Shards)
                sum += shard.MemoryBytes;
            return sum;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public StoreKey KeyOf(ReadOnlySpan<byte> bytes) => new(bytes, _hash.Compute(bytes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Shard ShardOf(StoreKey key) => Shards[(int)(key.Hash >> ShardShift)];

    /// <summary>The bit of the key's shard, for <see cref="Lock"/>.</summary>
    public static ulong MaskOf(StoreKey key) => 1UL << (int)(key.Hash >> ShardShift);

    /// <summary>
    /// Takes every lock where that is one; otherwise nothing, and each command takes those of its keys.
    /// </summary>
    /// <returns>Whether the locks of all shards are held, until <see cref="ExitBatch"/>.</returns>
    public bool EnterBatch()
    {
        if (_onlyGate is null)
            return false;
        _onlyGate.Enter();
        return true;
    }

    public void ExitBatch() => _onlyGate?.Exit();

    public ShardLock Lock(ulong mask) => new(Shards, mask);

    public void Dispose()
    {
        foreach (Shard shard in Shards)
            shard.Dispose();
    }
}
