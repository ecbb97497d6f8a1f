namespace Penstock.KeyValue.Storage;

/// <summary>What was found in a data directory.</summary>
public sealed record StorageReport
{
    /// <summary>The directory.</summary>
    public required string Directory { get; init; }

    /// <summary>
    /// The snapshot and the logs behind it, in the order in which they are loaded. What an older snapshot or log holds
    /// is not asked for: a later snapshot has taken its place.
    /// </summary>
    public required IReadOnlyList<StorageFile> Files { get; init; }

    /// <summary>Keys that a server or a repair brings back.</summary>
    public required long Keys { get; init; }

    /// <summary>Whether a server starts over it.</summary>
    public bool IsSound => Files.All(file => !file.IsBroken);

    /// <summary>What a repair gives up, one sentence for each file, without its full stop.</summary>
    public IEnumerable<string> Losses
    {
        get
        {
            bool isBehind = false;
            foreach (StorageFile file in IsSound ? [] : Files)
            {
                if (file.State != StorageFileState.Missing && (isBehind || file.SoundLength < file.Length))
                    yield return Loss(file, isBehind);
                isBehind |= !file.IsSnapshot && file.State != StorageFileState.Whole;
            }
        }
    }

    private static string Loss(StorageFile file, bool isBehind) => isBehind
        ? $"{file.Path}: all of it (records: {file.Records}), because it comes after what is damaged or missing"
        : $"{file.Path}: {file.Length - file.SoundLength} bytes from offset {file.SoundLength} on";
}
