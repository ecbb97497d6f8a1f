using Penstock.KeyValue.Durability.Files;
using Penstock.KeyValue.Storage;
using Penstock.KeyValue.Store;

namespace Penstock.KeyValue.Durability;

/// <summary>
/// Reads a data directory: the latest snapshot, then every log from its number on. Nothing in it is changed. What is
/// sound is applied to the keys, up to the first log that is not: what came later may depend on what is missing there.
/// </summary>
internal sealed class DirectoryReader(DataDirectory directory, Keyspace keyspace)
{
    private readonly RecordApplier _applier = new(keyspace);
    private readonly List<StorageFile> _files = [];

    /// <summary>
    /// What was found, in the order in which it is applied. Behind a log that is
    /// <see cref="StorageFileState.Unfinished"/> there is nothing but empty ones.
    /// </summary>
    public IReadOnlyList<StorageFile> Read()
    {
        int first = directory.Snapshots().DefaultIfEmpty(0).Last();
        if (first > 0)
            _files.Add(ReadSnapshot(first));
        ReadSegments(first);
        return _files;
    }

    /// <summary>A snapshot got its name when it was whole, so anything wrong with it is damage.</summary>
    private StorageFile ReadSnapshot(int number)
    {
        string path = directory.SnapshotPath(number);
        StorageFile reading = Read(directory.TryOpenSnapshot(number), path, number, isSnapshot: true, apply: true);
        bool isWhole = reading.State == StorageFileState.Whole && _applier.SnapshotEntries >= 0;
        return isWhole || reading.State == StorageFileState.Damaged ? reading : Damaged(reading);
    }

    /// <summary>Logs are made one after the other, and a snapshot's own is on the disk before it.</summary>
    private void ReadSegments(int first)
    {
        int[] segments = [.. directory.Segments().Where(segment => segment >= first)];
        if (first > 0 && segments.Length == 0)
            _files.Add(Missing(first, "it holds what was written after the snapshot"));

        int next = Math.Max(first, 1);
        bool apply = true;
        foreach (int segment in segments)
        {
            if (segment > next)
            {
                _files.Add(Missing(next, "later logs cannot be applied without it"));
                apply = false;
            }

            string path = directory.SegmentPath(segment);
            _files.Add(Read(directory.TryOpenSegment(segment), path, segment, isSnapshot: false, apply));
            apply &= _files[^1].State == StorageFileState.Whole;
            next = segment + 1;
        }

        RejectHoles();
    }

    /// <summary>
    /// A log is on the disk before anything is written to the one behind it. So where that has records, what is wrong
    /// in this one is no end that was not written.
    /// </summary>
    private void RejectHoles()
    {
        for (int i = 0; i < _files.Count; i++)
        {
            bool hasMore = _files.Skip(i + 1).Any(later =>
                later.Length > LogFormat.FileHeaderBytes || later.State == StorageFileState.Missing);
            if (_files[i].State == StorageFileState.Unfinished && hasMore)
                _files[i] = Damaged(_files[i]);
        }
    }

    private StorageFile Read(DiskFile? file, string path, int number, bool isSnapshot, bool apply)
    {
        using (file)
        {
            if (file is null)
                throw new DiskException(path, "open", "the file was removed");
            var reader = new RecordReader(file);
            var reading = new StorageFile
            {
                Path = path,
                Number = number,
                IsSnapshot = isSnapshot,
                Length = reader.Length,
            };
            try
            {
                while (reader.TryRead(out ReadOnlySpan<byte> payload))
                {
                    if (apply)
                        _applier.Apply(payload);
                }
            }
            catch (InvalidDataException exception)
            {
                reading = reading with { Records = reader.Records - 1, SoundLength = reader.RecordOffset };
                return Damaged(reading, exception.Message);
            }

            reading = reading with
            {
                Records = reader.Records,
                SoundLength = reader.Offset,
                SafeLength = reader.MarkOffset,
            };
            if (reader.Offset == reader.Length)
                return reading;
            return !isSnapshot && (reader.IsUnused || (reader.HasHeader && !reader.HasMarkBehind()))
                ? Unfinished(reading)
                : Damaged(reading);
        }
    }

    private StorageFile Missing(int number, string consequence) => new()
    {
        Path = directory.SegmentPath(number),
        Number = number,
        IsSnapshot = false,
        State = StorageFileState.Missing,
        Problem = $"{directory.SegmentPath(number)} is missing: {consequence}",
    };

    private static StorageFile Unfinished(StorageFile reading) => reading with
    {
        State = StorageFileState.Unfinished,
        Problem = $"{reading.Path}: {reading.Length - reading.SoundLength} bytes from offset {reading.SoundLength} on "
            + "were not written whole",
    };

    private static StorageFile Damaged(
        StorageFile reading, string what = "no valid record, and not the end either") => reading with
        {
            State = StorageFileState.Damaged,
            Problem = $"{reading.Path} is damaged at offset {reading.SoundLength}: {what}",
        };
}
