using Penstock.KeyValue.Storage;
using Penstock.KeyValue.Store;

namespace Penstock.KeyValue.Durability;

/// <summary>Brings the keys back when a server starts.</summary>
internal static class Recovery
{
    /// <summary>Loads a directory; returns the number of the log to go on with.</summary>
    /// <exception cref="InvalidDataException">A file is damaged; the message names it and the offset.</exception>
    /// <exception cref="IOException">A file cannot be read, or what was torn not be cut off.</exception>
    public static int Load(DataDirectory directory, Keyspace keyspace)
    {
        IReadOnlyList<StorageFile> files = new DirectoryReader(directory, keyspace).Read();
        foreach (StorageFile file in files)
        {
            if (file.IsBroken)
            {
                throw new InvalidDataException(
                    $"{file.Problem}. Nothing was changed. 'penstock kv check' tells more, and 'penstock kv repair' "
                    + "keeps what is sound.");
            }
        }

        foreach (StorageFile log in files.Where(file => !file.IsSnapshot))
        {
            if (log.State == StorageFileState.Unfinished)
                KeyValueEventSource.Log.TornTail(log.Path, log.SoundLength, log.Length - log.SoundLength);
            directory.SecureSegment(log.Number, log.SafeLength, log.SoundLength);
        }

        if (files is [{ IsSnapshot: true } snapshot, ..])
            directory.RemoveBefore(snapshot.Number);
        KeyValueEventSource.Log.Loaded(directory.Path, keyspace.Count, files.Sum(file => file.SoundLength));
        return files.Count == 0 ? 1 : files[^1].Number;
    }
}
