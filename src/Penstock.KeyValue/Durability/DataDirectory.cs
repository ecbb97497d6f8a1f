using System.Globalization;

namespace Penstock.KeyValue.Durability;

/// <summary>
/// The files of one database. <c>snapshot-N</c> holds everything that happened before <c>log-N</c> began; what is
/// loaded is the latest snapshot and the logs from its number on.
/// </summary>
internal sealed class DataDirectory : IDisposable
{
    private const string Unfinished = ".tmp";

    private readonly FileStream _lock;
    private readonly Func<string, LogFile> _openLogFile;

    private DataDirectory(string path, FileStream lockFile, Func<string, LogFile> openLogFile)
    {
        Path = path;
        _lock = lockFile;
        _openLogFile = openLogFile;
    }

    public string Path { get; }

    /// <summary>Makes the directory if it is missing, and keeps other servers off it.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="openLogFile">Opens a log's file by its path.</param>
    /// <exception cref="IOException">Another server uses it, or it cannot be made.</exception>
    public static DataDirectory Open(string path, Func<string, LogFile> openLogFile)
    {
        Make(System.IO.Path.GetFullPath(path));
        string lockPath = System.IO.Path.Combine(path, "lock");
        try
        {
            // The lock is the system's and ends with the process, however that ends; the file itself means nothing.
            var stream = new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            var directory = new DataDirectory(path, stream, openLogFile);
            directory.RemoveUnfinished();
            return directory;
        }
        catch (IOException exception) when (File.Exists(lockPath))
        {
            throw new IOException($"{path} is in use by another server.", exception);
        }
    }

    /// <summary>Opens a log, which is made when it is missing; it is on the disk when this returns.</summary>
    /// <exception cref="IOException">
    /// It cannot be made. Nothing is left of it then: a log that another one follows is taken for whole.
    /// </exception>
    public LogFile OpenSegment(int number)
    {
        string path = SegmentPath(number);
        bool isNew = !File.Exists(path);
        LogFile? file = null;
        try
        {
            file = _openLogFile(path);
            file.Sync();
            SyncEntries(Path);
            return file;
        }
        catch
        {
            file?.Dispose();
            if (isNew)
                File.Delete(path);
            throw;
        }
    }

    public string SegmentPath(int number) => PathOf("log", number);

    public string SnapshotPath(int number) => PathOf("snapshot", number);

    public LogFile OpenUnfinishedSnapshot(int number) => _openLogFile(UnfinishedSnapshotPath(number));

    private string UnfinishedSnapshotPath(int number) => SnapshotPath(number) + Unfinished;

    /// <summary>The numbers of all snapshots, ascending.</summary>
    public int[] Snapshots() => Numbers("snapshot");

    /// <summary>The numbers of all logs, ascending.</summary>
    public int[] Segments() => Numbers("log");

    /// <summary>Makes a snapshot count, and removes what it replaces.</summary>
    public void Publish(int number)
    {
        File.Move(UnfinishedSnapshotPath(number), SnapshotPath(number), overwrite: true);
        SyncEntries(Path);
        RemoveBefore(number);
    }

    /// <summary>Removes snapshots and logs that a later snapshot replaces.</summary>
    public void RemoveBefore(int number)
    {
        foreach (int old in Segments().Where(segment => segment < number))
            File.Delete(SegmentPath(old));
        foreach (int old in Snapshots().Where(snapshot => snapshot < number))
            File.Delete(SnapshotPath(old));
    }

    /// <summary>Removes what is left of snapshots that were not finished.</summary>
    public void RemoveUnfinished()
    {
        foreach (string leftover in Directory.GetFiles(Path, "*" + Unfinished))
            File.Delete(leftover);
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>With every directory above it that is missing.</summary>
    private static void Make(string path)
    {
        if (Directory.Exists(path) || System.IO.Path.GetDirectoryName(path) is not { Length: > 0 } parent)
            return;
        Make(parent);
        Directory.CreateDirectory(path);
        SyncEntries(parent);
    }

    /// <summary>What was made or renamed is only there for good when its directory is on the disk too.</summary>
    private static void SyncEntries(string path)
    {
        if (!OperatingSystem.IsWindows())
            DirectorySync.Sync(path);
    }

    private string PathOf(string kind, int number) =>
        System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"{kind}-{number:D8}"));

    private int[] Numbers(string kind) =>
    [
        .. Directory.GetFiles(Path, $"{kind}-????????")
            .Select(NumberOf)
            .Where(number => number >= 0)
            .Order(),
    ];

    /// <summary>The number that a file's name ends with, or -1.</summary>
    private static int NumberOf(string file) =>
        int.TryParse(file.AsSpan(file.Length - 8), CultureInfo.InvariantCulture, out int number) ? number : -1;
}
