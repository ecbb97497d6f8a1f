using Penstock.KeyValue.Durability;

namespace Penstock.KeyValue.Tests.Durability;

/// <summary>A disk that is full when the test says so; half of a write still fits.</summary>
internal sealed class FailingDisk
{
    private volatile bool _isFull;
    private volatile bool _syncFails;

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

    public LogFile Open(string path) => new File(path, this);

    private sealed class File(string path, FailingDisk disk) : LogFile(path)
    {
        public override void Append(ReadOnlySpan<byte> bytes)
        {
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
            if (disk.SyncFails)
                throw new IOException("Input/output error");
            base.Sync();
        }
    }
}
