using Penstock.Drivers;
using Penstock.Polling;

namespace Penstock.Testing;

/// <summary>
/// The mechanism and trigger that the server tests run on, from <c>PENSTOCK_IO</c> and <c>PENSTOCK_TRIGGER</c>, so that
/// the same suite can be repeated for each. The names are those of the command line.
/// </summary>
internal static class TestIo
{
    public static IoMechanism Mechanism { get; } = Read("PENSTOCK_IO", IoMechanism.Auto);

    public static Trigger Trigger { get; } = Read("PENSTOCK_TRIGGER", Trigger.Level);

    private static readonly Lazy<string?> Refusal = new(() => Mechanism == IoMechanism.Auto
        ? null
        : DriverProbe.Examine().First(report => report.Mechanism == Mechanism).Refusal);

    /// <summary>A single thread that serves one connection to its end before it looks at the next.</summary>
    public static bool ServesOneAtATime => Mechanism == IoMechanism.Blocking;

    /// <summary>Every loop serves one connection, so that it has room for no other.</summary>
    public static bool LoopsAreShared => Mechanism is not (IoMechanism.Blocking or IoMechanism.ThreadPerConnection);

    /// <summary>
    /// Skips a test about loops that several connections share where each connection has one of its own.
    /// </summary>
    public static void SkipUnlessLoopsAreShared() =>
        Assert.SkipUnless(LoopsAreShared, "A loop serves one connection in this model.");

    /// <summary>Skips a test with several connections at once where they are served one after the other.</summary>
    public static void SkipIfOneAtATime() =>
        Assert.SkipWhen(ServesOneAtATime, "One connection at a time in this model.");

    /// <summary>Skips a test of one mechanism in particular where the machine refuses it, with what it said.</summary>
    public static void SkipIfRefused(IoMechanism mechanism)
    {
        string? refusal = DriverProbe.Examine().Single(report => report.Mechanism == mechanism).Refusal;
        Assert.SkipWhen(refusal is not null, $"This machine refuses {mechanism}: {refusal}");
    }

    /// <summary>Loops of a test: as the environment asks, and few, because tests run beside each other.</summary>
    /// <param name="loops">The options to change; returned.</param>
    /// <param name="count">How many loops.</param>
    /// <param name="io">Given by a test of one mechanism in particular.</param>
    public static LoopOptions Apply(LoopOptions loops, int count = 1, IoMechanism? io = null)
    {
        // A server would go on over another mechanism, and the run would say that it tested this one.
        string? refusal = Refusal.Value;
        Assert.True(refusal is null, $"PENSTOCK_IO asks for what this machine does not have: {refusal}");
        loops.Count = count;
        loops.Io = io ?? Mechanism;

        // The trigger goes with the mechanism of the run; another may not have it.
        loops.Trigger = io is null ? Trigger : Trigger.Level;
        return loops;
    }

    /// <summary>What the command line calls so.</summary>
    public static IoMechanism Named(string name) => Parse<IoMechanism>(name);

    private static T Read<T>(string variable, T fallback)
        where T : struct, Enum =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } name ? Parse<T>(name) : fallback;

    /// <summary>
    /// The enumeration is the table: <c>busy-wait</c> is <see cref="IoMechanism.BusyWait"/>, and <c>io_uring</c> is
    /// <see cref="IoMechanism.IoUring"/>.
    /// </summary>
    private static T Parse<T>(string name)
        where T : struct, Enum =>
        Enum.Parse<T>(name.Replace("-", "").Replace("_", ""), ignoreCase: true);
}
