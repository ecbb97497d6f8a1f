using Penstock.KeyValue.Durability.Files;
using Penstock.KeyValue.Store;

namespace Penstock.KeyValue.Durability;

/// <summary>Brings the keys back: the latest snapshot, then every log from its number on.</summary>
internal static class Recovery
{
    /// <summary>Loads a directory; returns the number of the log to go on with.</summary>
    /// <exception cref="InvalidDataException">A file is damaged; the message names it and the offset.</exception>
    /// <exception cref="IOException">A file cannot be read, or what was torn not be cut off.</exception>
    public static int Load(DataDirectory directory, Keyspace keyspace)
    {
        var applier = new RecordApplier(keyspace);
        int first = directory.Snapshots().DefaultIfEmpty(0).Last();
        long bytes = first == 0 ? 0 : LoadSnapshot(directory, first, applier);
        directory.RemoveBefore(first);

        int[] segments = directory.Segments();
        CheckSequence(directory, first, segments);
        foreach (int segment in segments)
            bytes += LoadSegment(directory, segment, applier, isLast: segment == segments[^1]);
        KeyValueEventSource.Log.Loaded(directory.Path, keyspace.Count, bytes);
        return segments.DefaultIfEmpty(Math.Max(first, 1)).Last();
    }

    /// <summary>
    /// Logs are made one after the other, and a snapshot's own is on the disk before it.
    /// </summary>
    private static void CheckSequence(DataDirectory directory, int first, int[] segments)
    {
        if (first > 0 && segments.Length == 0)
        {
            throw new InvalidDataException(
                $"{directory.SegmentPath(first)} is missing: it holds what was written after the snapshot. "
                + "Make an empty file of that name to go on without it.");
        }

        for (int i = 0; i < segments.Length; i++)
        {
            int expected = Math.Max(first, 1) + i;
            if (segments[i] == expected)
                continue;
            throw new InvalidDataException(
                $"{directory.SegmentPath(expected)} is missing: later logs cannot be applied without it.");
        }
    }

    /// <summary>A snapshot got its name when it was whole, so anything wrong with it is damage.</summary>
    private static long LoadSnapshot(DataDirectory directory, int number, RecordApplier applier)
    {
        using DiskFile file = directory.OpenSnapshot(number);
        var reader = new RecordReader(file);
        ApplyAll(reader, file.Path, applier);
        if (reader.Offset != reader.Length || applier.SnapshotEntries < 0)
            throw Damaged(file.Path, reader.Offset);
        return reader.Length;
    }

    private static long LoadSegment(DataDirectory directory, int number, RecordApplier applier, bool isLast)
    {
        DiskFile file = directory.OpenSegmentToRead(number);
        try
        {
            var reader = new RecordReader(file);
            ApplyAll(reader, file.Path, applier);
            if (reader.Offset == reader.Length)
                return reader.Length;
            bool isLog = reader.HasMagic || reader.Length < LogFormat.Magic.Length;
            bool torn = isLast && isLog && !reader.HasRecordBehind();
            if (!torn)
                throw Damaged(file.Path, reader.Offset);
            KeyValueEventSource.Log.TornTail(file.Path, reader.Offset, reader.Length - reader.Offset);
            file.SetLength(reader.Offset);
            file.Sync();
            return reader.Offset;
        }
        finally
        {
            if (!isLast)
                file.Dispose();
        }
    }

    private static void ApplyAll(RecordReader reader, string path, RecordApplier applier)
    {
        long start = reader.Offset;
        try
        {
            while (reader.HasMagic && reader.TryRead(out ReadOnlySpan<byte> payload))
            {
                applier.Apply(payload);
                start = reader.Offset;
            }
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"{path}: {exception.Message}, at offset {start}.", exception);
        }
    }

    private static InvalidDataException Damaged(string path, long offset) => new(
        $"{path} is damaged at offset {offset}: there is no valid record, but it is not the end either. "
        + "Nothing was changed. Restore the file, or cut it off there to go on with what came before.");
}
