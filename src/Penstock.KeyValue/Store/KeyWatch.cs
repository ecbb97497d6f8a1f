namespace Penstock.KeyValue.Store;

/// <summary>What one client watches, from its WATCH to its EXEC.</summary>
internal sealed class KeyWatch
{
    private volatile bool _isBroken;

    /// <summary>The watched keys.</summary>
    public List<byte[]> Keys { get; } = [];

    /// <summary>A watched key has changed. Set by any loop, under the key's shard lock.</summary>
    public bool IsBroken
    {
        get => _isBroken;
        set => _isBroken = value;
    }
}
