using Penstock.KeyValue.Durability;

namespace Penstock.KeyValue.Tests.Durability;

/// <summary>A disk that fails in the way that the test says; half of a write still fits on a full one.</summary>
internal sealed class FailingDisk
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

    /// <summary>Writes wait while this is reset.</summary>
    public ManualResetEventSlim Writes { get; } = new(initialState: true);

    public LogFile Open(string path)
    {
        if (!OpenFails)
            return new File(path, this);
        using (System.IO.File.Create(path))
            throw new IOException("No space left on device");
    }

    private sealed class File(string path, FailingDisk disk) : LogFile(path)
    {
        private long _synced;

        public override void Append(ReadOnlySpan<byte> bytes)
        {
            disk.Writes.Wait();
            if (disk.IsFull)
            {
                base.Append(bytes[..(bytes.Length / 2)]);
                Retract(bytes.Length / 2);
                throw new IOException("No space left on device");
            }

            base.Append(bytes);
        }

        public override void Sync()
        {
            if (disk.SyncLoses)
            {
                disk.SyncLoses = false;
                LoseUnsynced();
                throw new IOException("Input/output error");
            }

            if (disk.SyncFails)
                throw new IOException("Input/output error");
            base.Sync();
            _synced = Length;
        }

        private void LoseUnsynced()
        {
            using var file = new FileStream(Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.Position = _synced;
            file.Write(new byte[Length - _synced]);
        }
    }
}
