using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Penstock.Kestrel.Connections;

namespace Penstock.Kestrel.Tests.Pipes;

/// <summary>
/// The two ends that the application sees are not pipes and must behave as pipes do: the same random operations on both
/// come to the same results, the same exceptions and the same waits.
/// </summary>
public sealed class PipeDifferenceTests
{
    private const int Steps = 60;

    private static CancellationToken Canceled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 3_000)]
    public async Task The_reader_behaves_as_that_of_a_pipe(int from, int seeds) => await OnLoopAsync(
        ApplicationScheduling.Inline,
        (connection, options) =>
        {
            for (int seed = from; seed < from + seeds; seed++)
            {
                var input = new TransportInput(connection, MemoryPool<byte>.Shared, options);
                using var readers = new TwoReaders(seed, input, settles: false);
                readers.Run(Steps);
            }
        });

    [Fact]
    public async Task The_reader_behaves_as_that_of_a_pipe_on_the_thread_pool()
    {
        PenstockTransportOptions options = NewOptions(ApplicationScheduling.ThreadPool);
        await using var pair = await ConnectedPair.CreateAsync(options);

        for (int seed = 0; seed < 300; seed++)
        {
            var input = new TransportInput(pair.Connection, MemoryPool<byte>.Shared, options);
            using var readers = new TwoReaders(seed, input, settles: true);
            readers.Run(Steps);
        }
    }

    [Theory]
    [InlineData(0, 3_000)]
    public async Task The_writer_behaves_as_that_of_a_pipe(int from, int seeds) => await OnLoopAsync(
        ApplicationScheduling.Inline,
        (connection, options) =>
        {
            for (int seed = from; seed < from + seeds; seed++)
            {
                var input = new TransportInput(connection, MemoryPool<byte>.Shared, options);
                var output = new TransportOutput(connection, input, MemoryPool<byte>.Shared, options);
                using var writers = new TwoWriters(seed, output);
                writers.Run(Steps);
            }
        });

    private static PenstockTransportOptions NewOptions(ApplicationScheduling scheduling) => new()
    {
        ApplicationScheduling = scheduling,
        IoMechanism = TestIo.Mechanism,
        LoopCount = 1,
        MaxReadBufferSize = TwoReaders.PauseAt,
        MaxWriteBufferSize = TwoWriters.WaitAt,
    };

    /// <summary>Runs work on the loop of a connection, where nothing happens beside it.</summary>
    private static async Task OnLoopAsync(
        ApplicationScheduling scheduling, Action<TransportConnection, PenstockTransportOptions> work)
    {
        PenstockTransportOptions options = NewOptions(scheduling);
        await using var pair = await ConnectedPair.CreateAsync(options);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        pair.Loops.Group[0].Post(() =>
        {
            try
            {
                work(pair.Connection, options);
                done.SetResult();
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        });
        await done.Task.Within();
    }

    /// <summary>A connection of the transport whose peer does nothing.</summary>
    private sealed class ConnectedPair : IAsyncDisposable
    {
        private readonly PenstockTransportFactory _peer;

        private ConnectedPair(PenstockTransportFactory peer, TransportLoops loops, TransportConnection connection)
        {
            _peer = peer;
            Loops = loops;
            Connection = connection;
        }

        public TransportLoops Loops { get; }

        public TransportConnection Connection { get; }

        public static async Task<ConnectedPair> CreateAsync(PenstockTransportOptions options)
        {
            var peer = new PenstockTransportFactory(Options.Create(options), NullLoggerFactory.Instance);
            IConnectionListener listener = await peer.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Canceled);
            var loops = new TransportLoops(
                options, NullLoggerFactory.Instance, null, null, exception => Assert.Fail(exception.ToString()));
            var handler = new OutboundHandler(loops, listener.EndPoint);
            await loops.Group.ConnectAsync(
                listener.EndPoint, handler, loops.Unlimited, cancellationToken: Canceled);
            return new ConnectedPair(peer, loops, handler.Connection);
        }

        public async ValueTask DisposeAsync()
        {
            await Loops.DisposeAsync();
            await _peer.DisposeAsync();
        }
    }
}
