using Penstock.KeyValue.Durability.Files;

namespace Penstock.Simulation.Tests.Files;

/// <summary>
/// A file system with a page cache, as one process sees it. The process can be killed, which leaves the cache, or the
/// power can fail, which leaves what was synced and any part of the rest.
/// </summary>
internal sealed class SimulatedDisk : Disk
{
    private readonly SimulatedDirectoryNode _root;
    private readonly SeededGenerator _chance;
    private readonly HashSet<ulong> _locked = [];
    private ulong _lastNumber;
    private int _fullCalls;
    private bool _isDead;

    public SimulatedDisk(SeededGenerator chance, DiskFaultPlan faults)
        : this(chance, faults, new SimulatedDirectoryNode(1), lastNumber: 1, readsOldPages: chance.Chance(0.3))
    {
    }

    private SimulatedDisk(
        SeededGenerator chance,
        DiskFaultPlan faults,
        SimulatedDirectoryNode root,
        ulong lastNumber,
        bool readsOldPages)
    {
        _chance = chance;
        Faults = faults;
        _root = root;
        _lastNumber = lastNumber;
        ReadsOldPages = readsOldPages;
    }

    public DiskFaultPlan Faults { get; }

    /// <summary>After a sync that failed, what is on the disk is read again, not what was written.</summary>
    public bool ReadsOldPages { get; }

    /// <summary>What the next sync of a file, which fails, does to its pages; null for what chance says.</summary>
    public CrashChoices? NextSyncFailure { get; set; }

    /// <summary>Called before every call with its name and path; may throw <see cref="CrashException"/>.</summary>
    public Action<string, string>? BeforeCall { get; set; }

    /// <summary>Nobody can use this one any more: the process has ended.</summary>
    public void End() => _isDead = true;

    /// <summary>The disk as the next process sees it after this one has ended.</summary>
    public SimulatedDisk AfterKill()
    {
        End();
        return new SimulatedDisk(_chance, Faults, _root, _lastNumber, ReadsOldPages);
    }

    /// <summary>The disk as it is after a power failure now. This one is left as it is.</summary>
    public SimulatedDisk AfterPowerFailure(CrashChoices choices)
    {
        var root = (SimulatedDirectoryNode)_root.AfterPowerFailure(choices);
        return new SimulatedDisk(_chance, Faults, root, _lastNumber, ReadsOldPages);
    }

    public override DiskDirectory? TryOpenDirectory(string path)
    {
        Enter("open", path);
        if (Find(path) is not SimulatedDirectoryNode node)
            return null;
        Fail(DiskFault.Open, "open", path, "Too many open files");
        return new SimulatedDirectory(this, path, node);
    }

    public override void MakeDirectory(string path)
    {
        Enter("mkdir", path);
        Fail(DiskFault.Create, "mkdir", path, "No space left on device");
        if (Find(path) is null)
            ParentOf(path).Add(Path.GetFileName(path), new SimulatedDirectoryNode(++_lastNumber));
    }

    public override FileIdentity? Identify(string path)
    {
        Enter("stat", path);
        return Find(path) is { } node ? new FileIdentity(1, node.Number) : null;
    }

    public override ulong NewIdentifier() => _chance.Next();

    /// <summary>A file's node, for a test to look at or to change.</summary>
    public SimulatedNode? Find(string path)
    {
        SimulatedNode? node = _root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            node = (node as SimulatedDirectoryNode)?.Entries.GetValueOrDefault(name);
        return node;
    }

    private SimulatedDirectoryNode ParentOf(string path) =>
        Find(Path.GetDirectoryName(path)!) as SimulatedDirectoryNode
        ?? throw new DiskException(path, "open", "No such file or directory");

    private void Enter(string call, string path)
    {
        if (_isDead)
            throw new CrashException();
        BeforeCall?.Invoke(call, path);
    }

    private void Fail(DiskFault fault, string call, string path, string reason)
    {
        if (Faults.Strikes(fault))
            throw new DiskException(path, call, reason);
    }

    /// <summary>How much of a write the disk takes; a full one takes the first part of the first.</summary>
    private int TakeOf(int length, string path)
    {
        if (Faults.Strikes(DiskFault.Full))
        {
            _fullCalls = _chance.Between(1, 8);
            return _chance.Between(1, length);
        }

        if (_fullCalls > 0)
        {
            _fullCalls--;
            if (!Faults.IsHealed)
                throw new DiskException(path, "pwrite", "No space left on device");
        }

        return Faults.Strikes(DiskFault.ShortWrite) ? _chance.Between(1, length) : length;
    }

    private sealed class SimulatedDirectory(SimulatedDisk disk, string path, SimulatedDirectoryNode node)
        : DiskDirectory(path)
    {
        private SimulatedDirectoryNode Node => node;

        public override string[] List()
        {
            disk.Enter("readdir", Path);
            disk.Fail(DiskFault.List, "readdir", Path, "Input/output error");
            return [.. node.Entries.Keys];
        }

        public override DiskFile? TryOpen(string name, FileAccess access)
        {
            disk.Enter("open", PathOf(name));
            if (node.Entries.GetValueOrDefault(name) is not SimulatedFileNode file)
                return null;
            disk.Fail(DiskFault.Open, "open", PathOf(name), "Too many open files");
            return new SimulatedFile(disk, PathOf(name), file);
        }

        public override DiskFile OpenOrCreate(string name)
        {
            disk.Enter("open", PathOf(name));
            disk.Fail(DiskFault.Create, "open", PathOf(name), "No space left on device");
            if (!node.Entries.ContainsKey(name))
                node.Add(name, new SimulatedFileNode(++disk._lastNumber));
            return new SimulatedFile(disk, PathOf(name), (SimulatedFileNode)node.Entries[name]);
        }

        public override void Rename(string from, string to)
        {
            disk.Enter("rename", PathOf(from));
            disk.Fail(DiskFault.Rename, "rename", PathOf(from), "Input/output error");
            if (!node.Entries.ContainsKey(from))
                throw new DiskException(PathOf(from), "rename", "No such file or directory");
            node.Rename(from, to);
        }

        public override void Keep(string name, DiskDirectory directory)
        {
            disk.Enter("link", PathOf(name));
            disk.Fail(DiskFault.Create, "link", PathOf(name), "No space left on device");
            ((SimulatedDirectory)directory).Node.Add(name, node.Entries[name]);
        }

        public override void Delete(string name)
        {
            disk.Enter("unlink", PathOf(name));
            disk.Fail(DiskFault.Delete, "unlink", PathOf(name), "Input/output error");
            if (node.Entries.ContainsKey(name))
                node.Remove(name);
        }

        public override void Sync()
        {
            disk.Enter("fsync", Path);
            if (!disk.Faults.Strikes(DiskFault.DirectorySync))
            {
                node.Sync();
                return;
            }

            node.FailSync(new DrawnChoices(disk._chance));
            throw new DiskException(Path, "fsync", "Input/output error");
        }

        public override void Dispose()
        {
        }
    }

    private sealed class SimulatedFile(SimulatedDisk disk, string path, SimulatedFileNode node) : DiskFile(path)
    {
        private bool _hasLock;
        private bool _isClosed;

        public override FileIdentity Identity => new(1, node.Number);

        public override long Length
        {
            get
            {
                Enter("lseek");
                return node.Length;
            }
        }

        public override int Read(Span<byte> buffer, long offset)
        {
            Enter("pread");
            disk.Fail(DiskFault.Read, "pread", Path, "Input/output error");
            if (buffer.Length > 1 && disk.Faults.Strikes(DiskFault.ShortRead))
                buffer = buffer[..disk._chance.Between(1, buffer.Length)];
            return node.Read(buffer, offset);
        }

        public override int Write(ReadOnlySpan<byte> bytes, long offset)
        {
            Enter("pwrite");
            int taken = disk.TakeOf(bytes.Length, Path);
            bool fails = disk.Faults.Strikes(DiskFault.Write);
            if (fails)
                taken = disk._chance.Between(0, taken);
            node.Write(bytes[..taken], offset);
            return !fails ? taken : throw new DiskException(Path, "pwrite", "Input/output error");
        }

        public override void SetLength(long length)
        {
            Enter("ftruncate");
            disk.Fail(DiskFault.Truncate, "ftruncate", Path, "Input/output error");
            node.SetLength(length);
        }

        public override void Sync()
        {
            Enter("fsync");
            if (disk.NextSyncFailure is null && !disk.Faults.Strikes(DiskFault.Sync))
            {
                node.Sync();
                return;
            }

            node.FailSync(disk.NextSyncFailure ?? new DrawnChoices(disk._chance), disk.ReadsOldPages);
            disk.NextSyncFailure = null;
            throw new DiskException(Path, "fsync", "Input/output error");
        }

        public override bool TryLock()
        {
            Enter("flock");
            _hasLock |= disk._locked.Add(node.Number);
            return _hasLock;
        }

        public override void Close()
        {
            Enter("close");
            Dispose();
            disk.Fail(DiskFault.Close, "close", Path, "Input/output error");
        }

        public override void Dispose()
        {
            _isClosed = true;
            if (_hasLock)
                disk._locked.Remove(node.Number);
            _hasLock = false;
        }

        private void Enter(string call)
        {
            InvariantException.Require(!_isClosed, $"{call} of {Path} after it was closed");
            disk.Enter(call, Path);
            if (disk.Faults.Strikes(DiskFault.WriteBack))
            {
                node.WriteBackOne(disk._chance);
                if (disk._chance.Chance(0.3))
                    node.WriteBackLength();
            }
        }
    }
}
