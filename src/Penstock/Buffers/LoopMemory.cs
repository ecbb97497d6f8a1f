using System.Runtime.CompilerServices;

namespace Penstock.Buffers;

/// <summary>One loop's part of a <see cref="MemoryBudget"/>. Loop thread only.</summary>
internal sealed class LoopMemory(MemoryBudget budget)
{
    private long _used;
    private long _taken;

    /// <summary>Called when the loop needs more than the budget has: somebody has to go.</summary>
    public Action? Exhausted { get; set; }

    /// <summary>Called from any thread when it is this loop whose connections have to go.</summary>
    public Action? ShedRequested { get; set; }

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
    public void Subtract(int bytes) => _used -= bytes;

    /// <summary>Gives back what the loop does not need, and looks how much there is.</summary>
    /// <returns>Whether there is more room for each connection than before.</returns>
    public bool EndTurn()
    {
        long spare = (_taken - _used) / MemoryBudget.Piece;
        if (spare > budget.SparePieces)
            GiveBack((spare - budget.SparePieces) * MemoryBudget.Piece);
        int before = Mark;
        Mark = budget.Mark;
        return Mark > before;
    }

    /// <summary>The loop has ended: the others may have what it had.</summary>
    public void End() => GiveBack(_taken);

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
