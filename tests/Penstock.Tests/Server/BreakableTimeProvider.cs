namespace Penstock.Tests.Server;

/// <summary>
/// The system's time until it breaks: a loop that cannot read its clock can neither go on nor wait for anything, as
/// one whose poller is gone.
/// </summary>
internal sealed class BreakableTimeProvider : TimeProvider
{
    private int _failures;
    private volatile bool _isBroken;

    public void Break() => _isBroken = true;

    public override long GetTimestamp() => _isBroken
        ? throw new IOException($"The clock failed {Interlocked.Increment(ref _failures)} times.")
        : base.GetTimestamp();
}
