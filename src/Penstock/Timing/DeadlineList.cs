namespace Penstock.Timing;

/// <summary>Names one duration of a <see cref="DeadlineQueue"/>. The default value never expires.</summary>
internal readonly struct DeadlineList(int ordinal)
{
    private readonly int _ordinal = ordinal;

    public bool Expires => _ordinal != 0;

    public int Index => _ordinal - 1;
}
