namespace Penstock.Simulation.Tests.Files;

/// <summary>
/// A file's pages in the cache and on the disk. A sync writes the dirty ones. If it fails, Linux marks them clean all
/// the same: they are read as before until memory is needed, the next sync succeeds, and the disk never gets them. Some
/// file systems read the old ones again at once.
/// </summary>
internal sealed class SimulatedFileNode(ulong number) : SimulatedNode(number)
{
    public const int PageBytes = 4096;
    public const int SectorBytes = 512;

    private readonly SortedSet<int> _dirty = [];

    /// <summary>
    /// Lengths that the file has had since it was synced; the file system may have written any of them.
    /// </summary>
    private readonly List<int> _lengths = [];
    private byte[] _cached = [];
    private byte[] _stored = [];
    private int _storedLength;

    public int Length { get; private set; }

    public bool IsDirty => _dirty.Count > 0 || _lengths.Count > 0;

    public int Read(Span<byte> buffer, long offset)
    {
        int count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        if (count > 0)
            _cached.AsSpan((int)offset, count).CopyTo(buffer);
        return count;
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        int end = checked((int)offset + bytes.Length);
        Reserve(end);
        bytes.CopyTo(_cached.AsSpan((int)offset));
        Touch(Math.Min((int)offset, Length), end);
        SetLengthTo(Math.Max(Length, end));
    }

    public void SetLength(long length)
    {
        int wanted = checked((int)length);
        Reserve(wanted);
        _cached.AsSpan(wanted).Clear();
        Touch(Math.Min(wanted, Length), Math.Max(wanted, Length));
        SetLengthTo(wanted);
    }

    /// <summary>Everything is on the disk.</summary>
    public void Sync()
    {
        foreach (int page in _dirty)
            PageOf(_cached, page).CopyTo(PageOf(_stored, page));
        _stored.AsSpan(Length).Clear();
        Settle();
    }

    /// <summary>A sync fails; what it has not written by then is lost, unless the choices keep it dirty.</summary>
    public void FailSync(CrashChoices choices, bool readsOldPages)
    {
        foreach (int page in _dirty.ToArray())
        {
            switch (choices.Of(3))
            {
                case 0:
                    _dirty.Remove(page);
                    if (readsOldPages)
                        PageOf(_stored, page).CopyTo(PageOf(_cached, page));
                    break;
                case 1:
                    WriteBack(page);
                    break;
            }
        }
    }

    /// <summary>The system writes a page in the background, as it may at any time.</summary>
    public void WriteBackOne(SeededGenerator chance)
    {
        if (_dirty.Count > 0)
            WriteBack(_dirty.ElementAt(chance.Below(_dirty.Count)));
    }

    /// <summary>The file system writes the length in the background.</summary>
    public void WriteBackLength() => _storedLength = Length;

    public override SimulatedNode AfterPowerFailure(CrashChoices choices)
    {
        int[] lengths = [_storedLength, .. _lengths.Where(length => length != _storedLength).Distinct()];
        int length = lengths.Length == 1 ? lengths[0] : lengths[choices.Of(lengths.Length)];
        byte[] bytes = [.. _stored];
        foreach (int page in _dirty)
        {
            choices.BeginPage();
            int end = Math.Min((page + 1) * PageBytes, length);
            for (int sector = page * PageBytes; sector < end; sector += SectorBytes)
                TearSector(bytes.AsSpan(sector, SectorBytes), _cached.AsSpan(sector, SectorBytes), choices);
        }

        bytes.AsSpan(length).Clear();
        var survivor = new SimulatedFileNode(Number) { _cached = bytes, _stored = [.. bytes], Length = length };
        survivor._storedLength = length;
        return survivor;
    }

    public byte[] ToArray() => _cached[..Length];

    private static void TearSector(Span<byte> stored, ReadOnlySpan<byte> cached, CrashChoices choices)
    {
        if (!stored.SequenceEqual(cached) && choices.Survives())
            cached.CopyTo(stored);
    }

    private static Span<byte> PageOf(byte[] bytes, int page) => bytes.AsSpan(page * PageBytes, PageBytes);

    private void WriteBack(int page)
    {
        PageOf(_cached, page).CopyTo(PageOf(_stored, page));
        _dirty.Remove(page);
    }

    private void Touch(int start, int end)
    {
        for (int page = start / PageBytes; page * PageBytes < end; page++)
            _dirty.Add(page);
    }

    private void SetLengthTo(int length)
    {
        if (length == Length)
            return;
        Length = length;
        _lengths.Add(length);
    }

    private void Settle()
    {
        _dirty.Clear();
        _lengths.Clear();
        _storedLength = Length;
    }

    private void Reserve(int length)
    {
        int room = (length + PageBytes - 1) / PageBytes * PageBytes;
        if (room <= _cached.Length)
            return;
        room = Math.Max(room, _cached.Length * 2);
        Array.Resize(ref _cached, room);
        Array.Resize(ref _stored, room);
    }
}
