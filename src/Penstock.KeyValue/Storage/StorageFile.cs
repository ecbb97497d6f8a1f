namespace Penstock.KeyValue.Storage;

/// <summary>What was found in a snapshot or a log.</summary>
public sealed record StorageFile
{
    /// <summary>Where it is, or should be.</summary>
    public required string Path { get; init; }

    /// <summary>The number of the snapshot or log; a snapshot holds all that is in logs of lower numbers.</summary>
    public required int Number { get; init; }

    /// <summary>Whether it is a snapshot; otherwise it is a log.</summary>
    public required bool IsSnapshot { get; init; }

    /// <summary>Its size in bytes.</summary>
    public long Length { get; init; }

    /// <summary>The bytes in front of what is wrong; all of them when nothing is.</summary>
    public long SoundLength { get; init; }

    /// <summary>
    /// Records among the sound bytes: of a snapshot one per key, of a log one per command that wrote.
    /// </summary>
    public long Records { get; init; }

    /// <summary>Whether it is sound.</summary>
    public StorageFileState State { get; init; }

    /// <summary>What is wrong and where, in a sentence without its full stop; null when nothing is.</summary>
    public string? Problem { get; init; }

    /// <summary>Where a log's last mark begins, or 0: what is in front of it was on the disk.</summary>
    internal long SafeLength { get; init; }

    /// <summary>Whether a server refuses to start over it.</summary>
    public bool IsBroken => State is StorageFileState.Damaged or StorageFileState.Missing;
}
