using Penstock.Polling;

namespace Penstock.Tests.Server;

/// <summary>
/// The mechanism and trigger that the server tests run on, from <c>PENSTOCK_IO</c> and <c>PENSTOCK_TRIGGER</c>, so that
/// the same suite can be repeated for each. The names are those of the command line.
/// </summary>
internal static class TestIo
{
    public static IoMechanism Mechanism { get; } = Parse("PENSTOCK_IO", IoMechanism.Auto);

    public static Trigger Trigger { get; } = Parse("PENSTOCK_TRIGGER", Trigger.Level);

    /// <summary>
    /// Skips a test about loops that several connections share where each connection has one of its
    /// own.
    /// </summary>
    public static void SkipUnlessLoopsAreShared() => Assert.SkipWhen(
        Mechanism is IoMechanism.Blocking or IoMechanism.ThreadPerConnection, "A loop serves one connection in this model.");

    /// <summary>Skips a test with several connections at once where they are served one after the other.</summary>
    public static void SkipIfOneAtATime() =>
        Assert.SkipWhen(Mechanism == IoMechanism.Blocking, "One connection at a time in this model.");

    /// <summary>
    /// The loops of a test server: as the environment asks, and few, because tests run beside each other.
    /// </summary>
    public static void Apply(LoopOptions loops)
    {
        loops.Count = 1;
        loops.Io = Mechanism;
        loops.Trigger = Trigger;
    }

    /// <summary>The enumeration is the table: <c>busy-wait</c> is <see cref="IoMechanism.BusyWait"/>.</summary>
    private static T Parse<T>(string variable, T fallback)
        where T : struct, Enum
    {
        string? text = Environment.GetEnvironmentVariable(variable);
        return string.IsNullOrEmpty(text) ? fallback : Enum.Parse<T>(text.Replace("-", ""), ignoreCase: true);
    }
}
