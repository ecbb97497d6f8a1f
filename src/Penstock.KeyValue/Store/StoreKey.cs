namespace Penstock.KeyValue.Store;

/// <summary>
/// A key with its hash, which is computed once per command: it chooses the shard and then the bucket.
/// </summary>
internal readonly ref struct StoreKey(ReadOnlySpan<byte> bytes, ulong hash)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public ulong Hash { get; } = hash;
}
