namespace Penstock.Simulation;

/// <summary>The sizes of one run, drawn from its seed.</summary>
internal sealed class SimulationSettings
{
    public required int LoopConnections { get; init; }

    public required int MaxEventsPerTurn { get; init; }

    public required int ReceiveBufferBytes { get; init; }

    public required int Servers { get; init; }

    public required int Clients { get; init; }

    /// <summary>All clients come within this time.</summary>
    public required long ConnectWithin { get; init; }

    /// <summary>The largest buffer between a client and the loop, per direction.</summary>
    public required int MaxCapacity { get; init; }

    /// <summary>A server is stopped while its clients are busy.</summary>
    public required bool StopsMidway { get; init; }

    /// <summary>The loop ends without its servers being stopped first.</summary>
    public required bool EndsAbruptly { get; init; }

    public static SimulationSettings Draw(SeededGenerator chance) => new()
    {
        LoopConnections = (int)chance.Spread(1, 32),
        MaxEventsPerTurn = chance.Pick(1, 2, 5, 32, 1_024),
        ReceiveBufferBytes = (int)chance.Spread(16, 64 * 1024),
        Servers = chance.Between(1, 3),
        Clients = (int)chance.Spread(1, 24),
        ConnectWithin = chance.Spread(VirtualTime.Millisecond, 10 * VirtualTime.Second),
        MaxCapacity = (int)chance.Spread(64, 256 * 1024),
        StopsMidway = chance.Chance(0.25),
        EndsAbruptly = chance.Chance(0.25),
    };

    public int DrawCapacity(SeededGenerator chance) => (int)chance.Spread(8, MaxCapacity);

    public ServerOptions DrawOptions(SeededGenerator chance)
    {
        int highMark = (int)chance.Spread(1, 256 * 1024);
        var options = new ServerOptions
        {
            MaxConnections = (int)chance.Spread(1, 32),
            MaxMessageBytes = (int)chance.Spread(1, 64 * 1024),
            MaxSendQueueBytes = highMark,
            ResumeSendQueueBytes = chance.Between(0, highMark),
            SlowConsumer = chance.Pick(SlowConsumerPolicy.Wait, SlowConsumerPolicy.Wait, SlowConsumerPolicy.Disconnect),
            IdleTimeout = DrawTimeout(chance),
            FirstMessageTimeout = DrawTimeout(chance),
            WriteStallTimeout = DrawTimeout(chance),
            LingerTimeout = DrawLinger(chance),
        };
        options.Validate();
        return options;
    }

    private static TimeSpan DrawLinger(SeededGenerator chance)
    {
        TimeSpan drawn = DrawTimeout(chance);
        return drawn == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : drawn;
    }

    private static TimeSpan DrawTimeout(SeededGenerator chance) => chance.Chance(0.3)
        ? Timeout.InfiniteTimeSpan
        : TimeSpan.FromTicks(chance.Spread(20 * VirtualTime.Millisecond, 100 * VirtualTime.Second));
}
