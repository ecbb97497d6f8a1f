using System.Globalization;
using Penstock.KeyValue.Durability.Files;

namespace Penstock.KeyValue.Durability;

/// <summary>
/// The files of one database. <c>snapshot-N</c> holds everything that happened before <c>log-N</c> began; what is
/// loaded is the latest snapshot and the logs from its number on.
/// </summary>
/// <remarks>
/// Two locks keep other servers off it: one on the file <c>lock</c>, and one on the log that is written, for somebody
/// may delete the first file. They are the system's and end with the process, however that ends.
/// </remarks>
internal sealed class DataDirectory : IDisposable
{
    private const string LockName = "lock";
    private const string Log = "log";
    private const string Snapshot = "snapshot";
    private const string Unfinished = ".tmp";
    private const string Kept = "before-repair";

    private readonly Disk _disk;
    private readonly DiskDirectory _directory;
    private readonly DiskFile? _lock;

    /// <summary>The last log, open and locked, until <see cref="OpenSegment"/> gives it away.</summary>
    private (int Number, DiskFile File)? _last;

    private DataDirectory(Disk disk, DiskDirectory directory, DiskFile? lockFile)
    {
        _disk = disk;
        _directory = directory;
        _lock = lockFile;
    }

    public string Path => _directory.Path;

    /// <summary>Makes the directory if it is missing, and keeps other servers off it.</summary>
    /// <exception cref="IOException">Another server uses it, or it cannot be made.</exception>
    public static DataDirectory Open(string path, Disk disk)
    {
        DiskDirectory directory = OpenOrMake(disk, System.IO.Path.GetFullPath(path));
        DataDirectory data = Lock(disk, directory, () => directory.OpenOrCreate(LockName), FileAccess.ReadWrite);
        try
        {
            if (data.Segments().Length == 0)
                SyncAbove(disk, directory.Path);
            data.RemoveUnfinished();
            return data;
        }
        catch
        {
            data.Dispose();
            throw;
        }
    }

    /// <summary>Opens a directory to look at it, while no server uses it; null when there is none.</summary>
    /// <exception cref="IOException">A server uses it, or it cannot be read.</exception>
    public static DataDirectory? TryOpenToRead(string path, Disk disk)
    {
        DiskDirectory? directory = disk.TryOpenDirectory(System.IO.Path.GetFullPath(path));
        return directory is null
            ? null
            : Lock(disk, directory, () => directory.TryOpen(LockName, FileAccess.Read), FileAccess.Read);
    }

    /// <summary>
    /// Opens a log to write to, which is made when it is missing; it is on the disk when this returns.
    /// </summary>
    /// <exception cref="IOException">
    /// It cannot be made. Nothing is left of it then: a log that another one follows is taken for whole.
    /// </exception>
    public LogFile OpenSegment(int number)
    {
        string name = NameOf(Log, number);
        DiskFile? file = TakeLast(number) ?? _directory.TryOpen(name, FileAccess.ReadWrite);
        bool isNew = file is null;
        try
        {
            file ??= _directory.OpenOrCreate(name);
            Lock(file);
            var log = new LogFile(file, _disk);
            log.Sync();
            log.Mark();
            _directory.Sync();
            return log;
        }
        catch
        {
            file?.Dispose();
            if (isNew)
                _directory.Delete(name);
            throw;
        }
    }

    public string SegmentPath(int number) => _directory.PathOf(NameOf(Log, number));

    public string SnapshotPath(int number) => _directory.PathOf(NameOf(Snapshot, number));

    /// <summary>Opens a snapshot to read; null when there is none of that number.</summary>
    public DiskFile? TryOpenSnapshot(int number) => _directory.TryOpen(NameOf(Snapshot, number), FileAccess.Read);

    /// <summary>Opens a log to read; null when there is none of that number.</summary>
    public DiskFile? TryOpenSegment(int number) => _directory.TryOpen(NameOf(Log, number), FileAccess.Read);

    /// <summary>
    /// Has what was read of a log on the disk, and nothing behind it. What is not known to be there is written again:
    /// it may be in the cache only, for a sync that failed leaves it there, and the next one takes it for written.
    /// </summary>
    /// <param name="number">The log.</param>
    /// <param name="safeLength">Bytes that were on the disk.</param>
    /// <param name="length">Bytes that were read.</param>
    public void SecureSegment(int number, long safeLength, long length)
    {
        string name = NameOf(Log, number);
        using DiskFile file = _directory.TryOpen(name, FileAccess.ReadWrite)
            ?? throw new DiskException(_directory.PathOf(name), "open", "the file was removed");
        if (file.Length > length)
            file.SetLength(length);
        file.Rewrite(safeLength, length);
        file.Sync();
        file.Close();
    }

    public LogFile OpenUnfinishedSnapshot(int number)
    {
        string name = NameOf(Snapshot, number) + Unfinished;
        _directory.Delete(name);
        return new LogFile(_directory.OpenOrCreate(name), _disk);
    }

    /// <summary>The numbers of all snapshots, ascending.</summary>
    public int[] Snapshots() => Numbers(Snapshot);

    /// <summary>The numbers of all logs, ascending.</summary>
    public int[] Segments() => Numbers(Log);

    /// <summary>Makes a snapshot count, and removes what it replaces.</summary>
    public void Publish(int number)
    {
        string name = NameOf(Snapshot, number);
        _directory.Rename(name + Unfinished, name);
        RemoveBefore(number);
    }

    /// <summary>
    /// Removes snapshots and logs that a later snapshot replaces, once that has its name for good: a server that was
    /// killed may have left it without.
    /// </summary>
    public void RemoveBefore(int number)
    {
        _directory.Sync();
        foreach (int old in Segments().Where(segment => segment < number))
            _directory.Delete(NameOf(Log, old));
        foreach (int old in Snapshots().Where(snapshot => snapshot < number))
            _directory.Delete(NameOf(Snapshot, old));
    }

    /// <summary>Removes what is left of snapshots that were not finished.</summary>
    public void RemoveUnfinished()
    {
        foreach (string leftover in _directory.List())
        {
            if (leftover.EndsWith(Unfinished, StringComparison.Ordinal))
                _directory.Delete(leftover);
        }
    }

    /// <summary>
    /// Gives every snapshot and log a second name in a new directory in this one, whose path is returned. They stay
    /// there when their first names go.
    /// </summary>
    public string KeepAll()
    {
        string path;
        int attempt = 0;
        do path = _directory.PathOf(NameOf(Kept, ++attempt));
        while (_disk.Identify(path) is not null);
        _disk.MakeDirectory(path);
        _directory.Sync();
        using DiskDirectory kept = _disk.TryOpenDirectory(path)
            ?? throw new DiskException(path, "open", "the directory was removed");
        foreach (int number in Snapshots())
            _directory.Keep(NameOf(Snapshot, number), kept);
        foreach (int number in Segments())
            _directory.Keep(NameOf(Log, number), kept);
        kept.Sync();
        return path;
    }

    public void Dispose()
    {
        _last?.File.Dispose();
        _last = null;
        _lock?.Dispose();
        _directory.Dispose();
    }

    /// <summary>With every directory above it that is missing.</summary>
    private static DiskDirectory OpenOrMake(Disk disk, string path)
    {
        if (disk.TryOpenDirectory(path) is { } existing)
            return existing;
        string parent = System.IO.Path.GetDirectoryName(path)
            ?? throw new DiskException(path, "open", "there is no such directory");
        OpenOrMake(disk, parent).Dispose();
        disk.MakeDirectory(path);
        return disk.TryOpenDirectory(path) ?? throw new DiskException(path, "open", "the directory was removed");
    }

    private static DataDirectory Lock(Disk disk, DiskDirectory directory, Func<DiskFile?> openLock, FileAccess access)
    {
        DataDirectory? data = null;
        try
        {
            data = new DataDirectory(disk, directory, openLock());
            data.TakeLocks(access);
            return data;
        }
        catch
        {
            data?.Dispose();
            directory.Dispose();
            throw;
        }
    }

    /// <summary>
    /// That a directory was made is only so for good when the one above it is on the disk too. A server that was killed
    /// in between has made it and not synced it, so this is done until there is a log.
    /// </summary>
    private static void SyncAbove(Disk disk, string path)
    {
        while (System.IO.Path.GetDirectoryName(path) is { } parent && OpenIfAllowed(disk, parent) is { } above)
        {
            using (above)
                above.Sync();
            path = parent;
        }
    }

    /// <summary>Null where this user may not read the directory, and so will hardly have made anything.</summary>
    private static DiskDirectory? OpenIfAllowed(Disk disk, string path)
    {
        try
        {
            return disk.TryOpenDirectory(path);
        }
        catch (DiskException exception) when (exception.IsDenied)
        {
            return null;
        }
    }

    /// <summary>
    /// A server that is running holds the lock of its last log, and takes that of the next one first. So the log that
    /// was the last one before and after it was locked is nobody else's.
    /// </summary>
    private void TakeLocks(FileAccess access)
    {
        if (_lock is not null)
            Lock(_lock);
        while (Segments() is [.., int number] && number != _last?.Number)
        {
            _last?.File.Dispose();
            _last = null;
            if (_directory.TryOpen(NameOf(Log, number), access) is not { } file)
                continue;
            _last = (number, file);
            Lock(file);
        }
    }

    private void Lock(DiskFile file)
    {
        if (!file.TryLock())
            throw new IOException($"{Path} is in use by another server.");
    }

    private DiskFile? TakeLast(int number)
    {
        if (_last is not { } last || last.Number != number)
            return null;
        _last = null;
        return last.File;
    }

    private static string NameOf(string kind, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{kind}-{number:D8}");

    private int[] Numbers(string kind) =>
    [
        .. _directory.List()
            .Where(name => name.Length == kind.Length + 9 && name.StartsWith(kind + "-", StringComparison.Ordinal))
            .Select(name => NumberOf(name.AsSpan(kind.Length + 1)))
            .Where(number => number > 0)
            .Order(),
    ];

    /// <summary>The number of eight digits, or -1.</summary>
    private static int NumberOf(ReadOnlySpan<char> digits) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : -1;
}
