using Penstock.KeyValue.Durability;
using Penstock.KeyValue.Durability.Files;
using Penstock.KeyValue.Store;

namespace Penstock.KeyValue.Storage;

/// <summary>Looks after the data directory of a key-value server that is not running.</summary>
public static class KeyValueStorage
{
    /// <summary>Reads a data directory and says what is in it. Nothing is changed.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="IOException">A server uses it, or it cannot be read.</exception>
    public static StorageReport Check(string directory) => Check(directory, Disk.System);

    /// <summary>
    /// Puts a new snapshot of what is sound in the place of a damaged snapshot and its logs. Of a damaged log that is
    /// what came before the damage: what came later may depend on it. Of a damaged snapshot it is the keys before the
    /// damage, and all that the logs say. A directory that a server can start over is left as it is.
    /// </summary>
    /// <returns>
    /// What was found, and the directory in which everything is kept as it was; null for the latter when nothing was
    /// changed.
    /// </returns>
    /// <exception cref="DirectoryNotFoundException">There is no such directory.</exception>
    /// <exception cref="IOException">A server uses it, or it cannot be read or written.</exception>
    public static (StorageReport Found, string? Kept) Repair(string directory) => Repair(directory, Disk.System);

    internal static StorageReport Check(string directory, Disk disk)
    {
        using DataDirectory data = DataDirectory.TryOpenToRead(directory, disk) ?? throw NotFound(directory);
        using var keyspace = new Keyspace(users: 1);
        return Read(data, keyspace);
    }

    internal static (StorageReport Found, string? Kept) Repair(string directory, Disk disk)
    {
        // Not made when it is missing, as a server would.
        using (DataDirectory.TryOpenToRead(directory, disk) ?? throw NotFound(directory))
        {
        }

        using DataDirectory data = DataDirectory.Open(directory, disk);
        using var keyspace = new Keyspace(users: 1);
        StorageReport found = Read(data, keyspace);
        if (found.IsSound)
            return (found, null);
        int number = 1 + data.Snapshots().Concat(data.Segments()).DefaultIfEmpty(0).Max();
        string kept = data.KeepAll();
        Replace(data, keyspace, number);
        return (found, kept);
    }

    private static StorageReport Read(DataDirectory data, Keyspace keyspace)
    {
        IReadOnlyList<StorageFile> files = new DirectoryReader(data, keyspace).Read();
        return new StorageReport { Directory = data.Path, Files = files, Keys = keyspace.Count };
    }

    /// <summary>
    /// As a running server does it: first the next log, then the snapshot before it. Until that has its name, the old
    /// files count.
    /// </summary>
    private static void Replace(DataDirectory data, Keyspace keyspace, int number)
    {
        data.OpenSegment(number).Dispose();
        using (var snapshot = new SnapshotWriter(data.OpenUnfinishedSnapshot(number)))
        {
            // By no clock: whether a time is over is for the server to say.
            foreach (Shard shard in keyspace.Shards)
                snapshot.Add(shard, now: 0);
            snapshot.Finish();
        }

        data.Publish(number);
    }

    private static DirectoryNotFoundException NotFound(string directory) =>
        new($"There is no directory {directory}.");
}
