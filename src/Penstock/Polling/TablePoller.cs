using System.Runtime.Versioning;

namespace Penstock.Polling;

/// <summary>A poller that keeps the registrations itself, because its mechanism keeps none.</summary>
/// <remarks>
/// It has every trigger but edge: what was reported once can be left out of the next wait, but an edge would take a
/// state per descriptor that each read and write has to update.
/// </remarks>
[UnsupportedOSPlatform("windows")]
public abstract class TablePoller : Poller
{
    private protected TablePoller()
    {
    }

    private protected RegistrationTable Table { get; } = new();

    /// <inheritdoc/>
    public sealed override void Add(int descriptor, ulong key, Interest interest, Trigger trigger = Trigger.Level)
    {
        CheckRegistration(key, trigger);
        CheckResult(Table.Add(descriptor, key, interest, trigger), "add", descriptor);
    }

    /// <inheritdoc/>
    public sealed override void Modify(int descriptor, ulong key, Interest interest, Trigger trigger = Trigger.Level)
    {
        CheckRegistration(key, trigger);
        CheckResult(Table.Modify(descriptor, key, interest, trigger), "modify", descriptor);
    }

    /// <inheritdoc/>
    public sealed override void Remove(int descriptor) => CheckResult(Table.Remove(descriptor), "remove", descriptor);

    /// <inheritdoc/>
    public sealed override bool Supports(Trigger trigger) =>
        trigger is Trigger.Level or Trigger.OneShot or Trigger.Dispatch;
}
