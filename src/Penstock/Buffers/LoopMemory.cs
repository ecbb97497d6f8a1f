using System.Diagnostics;
using System.Runtime.CompilerServices;
using Penstock.Interop;

namespace Penstock.Buffers;

/// <summary>One loop's part of a <see cref="MemoryBudget"/>. Loop thread only.</summary>
internal sealed unsafe class LoopMemory(MemoryBudget budget)
{
    /// <summary>Pages come in multiples of this.</summary>
    public const int SmallestPages = 32 * 1024;

    /// <summary>Enough for the messages that are in pieces at a time on a busy loop; 2 MiB.</summary>
    private const int KeptPages = 64;

    private readonly Stack<nint> _kept = new();
    private long _used;
    private long _taken;

    /// <summary>Called when the loop needs more than the budget has: somebody has to go.</summary>
    public Action? Exhausted { get; set; }

    /// <summary>Called when one connection has staged more than any may.</summary>
    public Action? Overgrown { get; set; }

    /// <summary>Called from any thread when it is this loop whose connections have to go.</summary>
    public Action? ShedRequested { get; set; }

    /// <summary>Called from any thread when messages waited for too long: those that are stuck have to go.</summary>
    public Action? WayRequested { get; set; }

    public MemoryBudget Budget => budget;

    /// <summary>What the loop's connections hold; any thread.</summary>
    public long Used => Volatile.Read(ref _used);

    /// <summary>As <see cref="MemoryBudget.Mark"/> said when the turn began.</summary>
    public int Mark { get; private set; } = int.MaxValue;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int bytes)
    {
        _used += bytes;
        if (_used > _taken)
            TakeMore();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Subtract(int bytes)
    {
        _used -= bytes;
        Debug.Assert(_used >= 0, "more was given back than was held");
    }

    /// <summary>Gives back what the loop does not need, and looks how much there is.</summary>
    /// <returns>Whether there is more room for each connection than before.</returns>
    public bool EndTurn()
    {
        GiveBackSpare();
        int before = Mark;
        Mark = budget.Mark;
        return Mark > before;
    }

    /// <summary>Gives back what the loop does not need.</summary>
    public void GiveBackSpare()
    {
        long spare = (_taken - _used) / MemoryBudget.Piece;
        if (spare > budget.SparePieces)
            GiveBack((spare - budget.SparePieces) * MemoryBudget.Piece);
    }

    /// <summary>Pages of so many bytes; the smallest are kept for the next who wants some.</summary>
    public byte* RentPages(int bytes) => bytes == SmallestPages && _kept.TryPop(out nint pages)
        ? (byte*)pages
        : PageMemory.Allocate((nuint)bytes);

    public void ReturnPages(byte* pages, int bytes)
    {
        if (bytes == SmallestPages && _kept.Count < KeptPages)
            _kept.Push((nint)pages);
        else
            PageMemory.Free(pages, (nuint)bytes);
    }

    /// <summary>The loop has ended: the others may have what it had.</summary>
    public void End()
    {
        while (_kept.TryPop(out nint pages))
            PageMemory.Free((byte*)pages, SmallestPages);
        GiveBack(_taken);
    }

    private void TakeMore()
    {
        long pieces = ((_used - _taken - 1) / MemoryBudget.Piece) + 1;
        _taken += pieces * MemoryBudget.Piece;
        bool isThere = budget.Take(pieces * MemoryBudget.Piece);
        Mark = budget.Mark;
        if (!isThere)
            Exhausted?.Invoke();
    }

    private void GiveBack(long bytes)
    {
        _taken -= bytes;
        budget.GiveBack(bytes);
    }
}
