namespace Penstock.KeyValue;

/// <summary>What happens when the keys take as much memory as they may.</summary>
public enum MemoryPolicy
{
    /// <summary>Commands that need memory are refused; nothing is lost.</summary>
    NoEviction,

    /// <summary>Keys that were not used for long are removed, whichever they are.</summary>
    AllKeysLru,
}
