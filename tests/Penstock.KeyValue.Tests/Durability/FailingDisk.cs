using Penstock.KeyValue.Durability.Files;

namespace Penstock.KeyValue.Tests.Durability;

/// <summary>
/// The real disk, which fails in the way that the test says; half of a write still fits on a full one.
/// </summary>
internal sealed class FailingDisk : Disk
{
    private volatile bool _isFull;
    private volatile bool _syncFails;
    private volatile bool _syncLoses;
    private volatile bool _openFails;

    public bool IsFull
    {
        get => _isFull;
        set => _isFull = value;
    }

    public bool SyncFails
    {
        get => _syncFails;
        set => _syncFails = value;
    }

    /// <summary>Why a file cannot be synced is a matter of which: only those whose name contains it fail.</summary>
    public string SyncFailsFor { get; set; } = "";

    /// <summary>
    /// The next sync fails once, and what it should have written is gone, as when the kernel gives a page up that the
    /// device does not take.
    /// </summary>
    public bool SyncLoses
    {
        get => _syncLoses;
        set => _syncLoses = value;
    }

    /// <summary>A file can be made, but there is no room for its first bytes.</summary>
    public bool OpenFails
    {
        get => _openFails;
        set => _openFails = value;
    }

    public bool DirectorySyncFails { get; set; }

    /// <summary>Writes wait while this is reset.</summary>
    public ManualResetEventSlim Writes { get; } = new(initialState: true);

    public override DiskDirectory? TryOpenDirectory(string path) =>
        System.TryOpenDirectory(path) is { } directory ? new FailingDirectory(directory, this) : null;

    public override void MakeDirectory(string path) => System.MakeDirectory(path);

    public override FileIdentity? Identify(string path) => System.Identify(path);

    private sealed class FailingDirectory(DiskDirectory directory, FailingDisk disk) : DiskDirectory(directory.Path)
    {
        public override string[] List() => directory.List();

        public override DiskFile? TryOpen(string name, FileAccess access) =>
            directory.TryOpen(name, access) is { } file ? new FailingFile(file, disk) : null;

        public override DiskFile OpenOrCreate(string name) => new FailingFile(directory.OpenOrCreate(name), disk);

        public override void Rename(string from, string to) => directory.Rename(from, to);

        public override void Delete(string name) => directory.Delete(name);

        public override void Sync()
        {
            if (disk.DirectorySyncFails)
                throw new DiskException(Path, "fsync", "Input/output error");
            directory.Sync();
        }

        public override void Dispose() => directory.Dispose();
    }

    private sealed class FailingFile(DiskFile file, FailingDisk disk) : DiskFile(file.Path)
    {
        private const int FirstBytes = 20;
        private long _synced = file.Length;

        public override FileIdentity Identity => file.Identity;

        public override long Length => file.Length;

        public override int Read(Span<byte> buffer, long offset) => file.Read(buffer, offset);

        public override int Write(ReadOnlySpan<byte> bytes, long offset)
        {
            disk.Writes.Wait(TestContext.Current.CancellationToken);
            if (!disk.IsFull && !(disk.OpenFails && offset < FirstBytes))
                return file.Write(bytes, offset);
            if (bytes.Length > 1)
                return file.Write(bytes[..(bytes.Length / 2)], offset);
            throw new DiskException(Path, "pwrite", "No space left on device");
        }

        public override void SetLength(long length) => file.SetLength(length);

        public override void Sync()
        {
            if (disk.SyncLoses)
            {
                disk.SyncLoses = false;
                file.WriteAll(new byte[file.Length - _synced], _synced);
                throw new DiskException(Path, "fsync", "Input/output error");
            }

            if (disk.SyncFails && Path.Contains(disk.SyncFailsFor, StringComparison.Ordinal))
                throw new DiskException(Path, "fsync", "Input/output error");
            file.Sync();
            _synced = file.Length;
        }

        public override bool TryLock() => file.TryLock();

        public override void Close() => file.Close();

        public override void Dispose() => file.Dispose();
    }
}
