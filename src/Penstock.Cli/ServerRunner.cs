using System.Net;
using System.Net.Sockets;

namespace Penstock.Cli;

/// <summary>
/// Runs one server in the foreground: says where it listens and on what it runs, and drains it when it is told to stop.
/// </summary>
internal static class ServerRunner
{
    /// <param name="name">What the banner calls the server.</param>
    /// <param name="options">Where it listens; named when it cannot.</param>
    /// <param name="start">Starts it.</param>
    public static Task<int> RunAsync(string name, ServerOptions options, Func<ServerOptions, TcpServer> start) =>
        RunAsync(options.EndPoint, () =>
        {
            TcpServer server = start(options);
            WarnOfBurning(options.Loops);
            string banner = $"{name} listening on {Describe(server.EndPoint)} ({server.Description})";
            return new ForegroundServer([banner], server.Completion, server.StopAsync);
        });

    /// <param name="endPoint">Where it listens; named when it cannot.</param>
    /// <param name="start">Starts it; on a thread of its own, since it may read what was stored.</param>
    public static async Task<int> RunAsync(EndPoint endPoint, Func<ForegroundServer> start)
    {
        using var stop = new StopSignals();
        return await RunAsync(endPoint, start, stop.Requested, stop.Insisted);
    }

    /// <param name="endPoint">Where it listens; named when it cannot.</param>
    /// <param name="start">Starts it; on a thread of its own, since it may read what was stored.</param>
    /// <param name="stop">Completes when the server is to end, also while it starts.</param>
    /// <param name="insisted">Cancelled when it is not to wait for anybody.</param>
    public static async Task<int> RunAsync(
        EndPoint endPoint, Func<ForegroundServer> start, Task stop, CancellationToken insisted)
    {
        using var messages = new EngineMessages(Console.Error);
        try
        {
            Task<ForegroundServer> starting = Task.Run(start, CancellationToken.None);
            if (await Task.WhenAny(starting, stop) != starting)
            {
                await Console.Error.WriteLineAsync("penstock: told to stop before it served.");
                return ExitCode.Success;
            }

            ForegroundServer server = await starting;
            foreach (string line in server.Banner)
                Console.WriteLine(line);
            return await ServeAsync(server, stop, insisted);
        }
        catch (ArgumentException exception)
        {
            // Options that each are right and do not fit together; the runtime adds a line with the parameter's name.
            await Console.Error.WriteLineAsync($"penstock: {FirstSentence(exception)}");
            return ExitCode.Usage;
        }
        catch (Exception exception) when (StartProblem(exception, endPoint) is not null)
        {
            await Console.Error.WriteLineAsync($"penstock: {StartProblem(exception, endPoint)}");
            return ExitCode.Failure;
        }
    }

    public static string Describe(EndPoint endPoint)
    {
        string text = endPoint.ToString()!;
        return endPoint is UnixDomainSocketEndPoint ? $"unix:{text.Replace('\0', '@')}" : text;
    }

    public static void WarnOfBurning(LoopOptions loops)
    {
        if (loops.Io != IoMechanism.BusyWait)
            return;
        string cores = loops.Count == 1 ? "a whole processor" : $"{loops.Count} whole processors";
        Console.Error.WriteLine(
            $"penstock: warning: busy-wait never sleeps and burns {cores}, also when nothing happens.");
    }

    private static async Task<int> ServeAsync(ForegroundServer server, Task stop, CancellationToken insisted)
    {
        try
        {
            await Task.WhenAny(stop, server.Ended);
            await server.StopAsync(insisted);
            await server.Ended;
            return ExitCode.Success;
        }
        catch (Exception exception)
        {
            await Console.Error.WriteLineAsync($"penstock: the server failed: {exception.Message}");
            return ExitCode.Failure;
        }
    }

    private static string FirstSentence(ArgumentException exception) =>
        exception.Message.Split(" (Parameter '", 2)[0];

    /// <summary>What went wrong, in one line, or null when that is not something a user can mend.</summary>
    private static string? StartProblem(Exception exception, EndPoint endPoint) => exception switch
    {
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } => $"{Describe(endPoint)} is in use.",
        SocketException { SocketErrorCode: SocketError.AccessDenied } or UnauthorizedAccessException =>
            $"No permission to listen on {Describe(endPoint)}.",
        SocketException other => $"Cannot listen on {Describe(endPoint)}: {other.Message}.",
        NotSupportedException or IOException or InvalidDataException => exception.Message,
        _ => null,
    };
}
