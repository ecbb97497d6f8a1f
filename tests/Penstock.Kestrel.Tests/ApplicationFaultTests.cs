using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Penstock.Kestrel.Tests;

/// <summary>
/// Whatever the application throws, from wherever, costs at most the connection it throws on: all the others of its
/// loop go on, and newcomers are served.
/// </summary>
public sealed class ApplicationFaultTests
{
    private const int Witnesses = 20;

    private static CancellationToken Canceled => TestContext.Current.CancellationToken;

    public static TheoryData<TransportKind, string, char> LoggedWhenItThrows => new()
    {
        { TransportKind.Inline, "received FIN", 'c' },
        { TransportKind.Inline, "was reset by its peer", 'x' },
        { TransportKind.Inline, "sends FIN", 'f' },
        { TransportKind.Inline, "sends RST", 'a' },
        { TransportKind.Inline, "ended with an error", 'g' },
        { TransportKind.Inline, "paused", 's' },
        { TransportKind.Inline, "resumed", 's' },
        { TransportKind.Inline, "has held loop", 'h' },
        { TransportKind.Inline, "let go of loop", 'h' },
        { TransportKind.Inline, "is reset: code of the application", 't' },
        { TransportKind.ThreadPool, "received FIN", 'c' },
        { TransportKind.ThreadPool, "was reset by its peer", 'x' },
        { TransportKind.ThreadPool, "sends FIN", 'f' },
        { TransportKind.ThreadPool, "sends RST", 'a' },
        { TransportKind.ThreadPool, "ended with an error", 'g' },
        { TransportKind.ThreadPool, "paused", 's' },
        { TransportKind.ThreadPool, "resumed", 's' },
        { TransportKind.ThreadPool, "ConnectionClosed token threw", 'k' },
    };

    [Theory]
    [MemberData(nameof(LoggedWhenItThrows))]
    public async Task A_logger_that_throws(TransportKind kind, string message, char deed)
    {
        var logger = new ThrowingMessages(message);
        await using TestServer server = await StartAsync(kind, logger);

        await DoAsync(server, deed, () => logger.Thrown > 0);

        Assert.NotEqual(0, logger.Thrown);
    }

    [Theory]
    [InlineData("penstock.kestrel.loop_stalls")]
    [InlineData("penstock.kestrel.loop_stall.duration")]
    public async Task A_meter_listener_that_throws(string instrument)
    {
        int thrown = 0;
        await using TestServer server = await StartAsync(TransportKind.Inline, new ThrowingMessages("nothing"));
        IMeterFactory meters = server.Services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (published, self) =>
            {
                if (published.Meter.Scope == meters && published.Name == instrument)
                    self.EnableMeasurementEvents(published);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => Throw());
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => Throw());
        listener.Start();

        await DoAsync(server, 'h', () => Volatile.Read(ref thrown) > 0);

        Assert.NotEqual(0, thrown);

        void Throw()
        {
            Interlocked.Increment(ref thrown);
            throw new InvalidOperationException("The listener does not like this.");
        }
    }

    [Theory]
    [InlineData(TransportKind.Inline, 'r')]
    [InlineData(TransportKind.Inline, 'w')]
    [InlineData(TransportKind.Inline, 't')]
    [InlineData(TransportKind.Inline, 'k')]
    [InlineData(TransportKind.ThreadPool, 'r')]
    [InlineData(TransportKind.ThreadPool, 'w')]
    [InlineData(TransportKind.ThreadPool, 'k')]
    public async Task Code_that_misuses_its_connection(TransportKind kind, char deed)
    {
        await using TestServer server = await StartAsync(kind, new ThrowingMessages("nothing"));

        await DoAsync(server, deed, () => true);
    }

    /// <summary>Has the deed done on a connection, and sees to it that it has cost nobody else anything.</summary>
    private static async Task DoAsync(TestServer server, char deed, Func<bool> isDone)
    {
        var witnesses = new List<RawClient>();
        for (int i = 0; i < Witnesses; i++)
            witnesses.Add(await server.ConnectAsync());
        await EchoAsync(witnesses);

        using RawClient culprit = await server.ConnectAsync();
        await culprit.SendAsync($"{deed}");


        // An abort takes the answer along.
        if (deed is not ('a' or 'g' or 'w'))
            await culprit.ReadAsync(1);
        if (deed == 'c')
            culprit.Socket.Shutdown(SocketShutdown.Send);
        else if (deed == 'x')
            culprit.Reset();
        else if (deed is 's' or 'r')
            await culprit.SendAsync(new byte[100_000]);
        else if (deed is 't')
            await culprit.SendAsync(await culprit.ReadAsync(1));

        // The first may be served where the connection was set up, which is no loop.
        while (deed == 'h' && !isDone())
        {
            await culprit.SendAsync("h");
            await culprit.ReadAsync(1);
        }

        await Deadline.Until(isDone, $"the deed {deed} is done");
        if (deed is not ('x' or 'h' or 's'))
            await culprit.ReadToErrorAsync();

        await EchoAsync(witnesses);
        using RawClient newcomer = await server.ConnectAsync();
        await EchoAsync([newcomer]);
        witnesses.ForEach(witness => witness.Dispose());
    }

    private static async Task EchoAsync(IEnumerable<RawClient> clients)
    {
        foreach (RawClient client in clients)
        {
            await client.SendAsync("e");
            Assert.Equal("e", await client.ReadAsync(1));
        }
    }

    private static Task<TestServer> StartAsync(TransportKind kind, ThrowingMessages logger) =>
        TestServer.StartAsync(
            kind,
            listen: options => options.Run(connection => ServeAsync(connection, logger.Stalled)),
            configure: builder =>
            {
                builder.Logging.AddProvider(logger);
                builder.Services.Configure<PenstockTransportOptions>(options =>
                {
                    options.LoopCount = 1;
                    options.StallWarningThreshold = TimeSpan.FromMilliseconds(20);
                });
            },
            maxReadBuffer: 1_024,
            maxWriteBuffer: 1_024);

    /// <summary>Echoes a byte, and does what it stands for.</summary>
    private static async Task ServeAsync(ConnectionContext connection, ManualResetEventSlim stalled)
    {
        (PipeReader input, PipeWriter output) = (connection.Transport.Input, connection.Transport.Output);
        while (true)
        {
            ReadResult read = await input.ReadAsync(Canceled);
            if (read.Buffer.IsEmpty)
                return;
            char deed = (char)read.Buffer.FirstSpan[0];
            input.AdvanceTo(read.Buffer.GetPosition(1));
            await output.WriteAsync(new[] { (byte)deed }, Canceled);
            switch (deed)
            {
                case 'e' or 'c' or 'x':
                    continue;
                case 'a':
                    connection.Abort();
                    return;
                case 'g':
                    await output.CompleteAsync(new IOException("The output ends so."));
                    return;
                case 'h':
                    HoldLoop(stalled);
                    continue;
                case 'k':
                    connection.ConnectionClosed.Register(() => throw new InvalidOperationException("A bad callback."));
                    return;
                case 'r':
                    await ReadTwiceAtOnceAsync(input);
                    return;
                case 's':
                    await ReadLateAsync(input);
                    continue;
                case 't':
                    OnCompleted(input.ReadAsync(Canceled), () => throw new InvalidDataException());
                    await output.WriteAsync("T"u8.ToArray(), Canceled);
                    await Task.Delay(Timeout.Infinite, connection.ConnectionClosed)
                        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    return;
                case 'w':
                    await FlushTwiceAtOnceAsync(output);
                    return;
                default:
                    return;
            }
        }
    }

    /// <summary>As an awaiter of somebody's own would, which does not catch what its continuation throws.</summary>
    private static void OnCompleted(ValueTask<ReadResult> read, Action continuation) =>
        read.GetAwaiter().UnsafeOnCompleted(continuation);

    private static void HoldLoop(ManualResetEventSlim stalled)
    {
        if (Thread.CurrentThread.Name?.StartsWith("penstock-loop", StringComparison.Ordinal) == true)
            stalled.Wait(Deadline.Long, Canceled);
    }

    /// <summary>Both ways: with nothing there, and, away from the loop, with something there.</summary>
    private static async Task ReadTwiceAtOnceAsync(PipeReader input)
    {
        await Task.Run(
            async () =>
            {
                for (int i = 0; i < 20; i++)
                {
                    Task<ReadResult> first = input.ReadAsync(Canceled).AsTask(), second = StartAsync(input);
                    await ((Task)Task.WhenAll(first, second)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            },
            Canceled);

        static async Task<ReadResult> StartAsync(PipeReader input) => await input.ReadAsync(Canceled);
    }

    /// <summary>Fills the kernel's buffers first: a flush that need not wait harms nobody.</summary>
    private static async Task FlushTwiceAtOnceAsync(PipeWriter output)
    {
        Task first = Task.CompletedTask;
        while (first.IsCompleted)
            first = output.WriteAsync(new byte[64 * 1024], Canceled).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await output.FlushAsync(Canceled));
        await Assert.ThrowsAsync<InvalidOperationException>(() => first);
    }

    /// <summary>Lets more arrive than is buffered, so that receiving pauses, and takes it then.</summary>
    private static async Task ReadLateAsync(PipeReader input)
    {
        ReadResult read = await input.ReadAsync(Canceled);
        while (read.Buffer.Length < 1_024)
        {
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await input.ReadAsync(Canceled);
        }

        long left = 100_000;
        await Task.Yield();
        while (left > 0)
        {
            long taken = Math.Min(left, read.Buffer.Length);
            left -= taken;
            input.AdvanceTo(read.Buffer.GetPosition(taken));
            if (left > 0)
                read = await input.ReadAsync(Canceled);
        }
    }
}
