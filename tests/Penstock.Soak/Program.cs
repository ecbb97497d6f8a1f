using System.Globalization;
using System.Net.Sockets;
using Penstock;
using Penstock.Soak;

// penstock-soak [seconds] [seed]: serves hostile clients for so long and says at the end whether everything added up.
var duration = TimeSpan.FromSeconds(args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 30);
int seed = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1;

var account = new SoakAccount();
var options = new ServerOptions
{
    MaxConnections = 300,
    MaxMessageBytes = 64 * 1024,
    MaxSendQueueBytes = 128 * 1024,
    ResumeSendQueueBytes = 32 * 1024,
};
options.Loops.Count = 2;
int descriptorsBefore = ProcessWatch.Descriptors;
var server = TcpServer.Start(options, _ => new SoakHandler(account));
Console.WriteLine($"{server.Description}, {server.EndPoint}, {duration.TotalSeconds:F0} s, seed {seed}");

var watch = new ProcessWatch();
using var end = new CancellationTokenSource(duration);
Task[] clients = [.. Enumerable.Range(0, 24).Select(number => Task.Run(() => RunClientsAsync(number)))];
await Task.Delay(duration / 4).ConfigureAwait(false);
watch.Begin();
while (!end.IsCancellationRequested && account.FirstFailure is null)
{
    watch.Look();
    await Task.Delay(TimeSpan.FromMilliseconds(200)).ConfigureAwait(false);
}

await end.CancelAsync().ConfigureAwait(false);
await Task.WhenAll(clients).ConfigureAwait(false);
await server.StopAsync().ConfigureAwait(false);
string? failure = account.FirstFailure ?? watch.Verdict() ?? Balance();
Console.WriteLine(
    $"{account.Conversations} conversations with {account.VerifiedBytes} bytes verified, "
    + $"{account.Misbehaved} of ill manners, {account.Opened} connections");
Console.WriteLine(watch);
Console.WriteLine(failure is null ? "everything adds up" : $"FAILED: {failure}");
return failure is null ? 0 : 1;

async Task RunClientsAsync(int number)
{
    var random = new Random((seed * 1_000) + number);
    var hostile = new HostileClients(server.EndPoint, account, random);
    Func<CancellationToken, Task>[] kinds =
    [
        hostile.HalfCloseAsync,
        hostile.WriteSlowlyAsync,
        hostile.ReadSlowlyAsync,
        hostile.ResetAsync,
        hostile.SendGarbageAsync,
        hostile.StormAsync,
    ];
    while (!end.IsCancellationRequested)
    {
        try
        {
            await kinds[random.Next(kinds.Length)](end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The time is over; what was cut short proves nothing either way.
        }
        catch (SocketException exception)
        {
            account.Fail($"a client was cut off: {exception.SocketErrorCode}");
        }
    }
}

string? Balance()
{
    if (account.Opened != account.Closed)
        return $"{account.Opened} connections were opened and {account.Closed} closed";
    if (account.Conversations == 0)
        return "no conversation came to its end";
    int descriptors = ProcessWatch.Descriptors;
    return descriptors > descriptorsBefore + 20 ? $"descriptors grew from {descriptorsBefore} to {descriptors}" : null;
}
