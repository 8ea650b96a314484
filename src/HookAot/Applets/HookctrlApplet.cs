namespace HookAot.Applets;

internal static class HookctrlApplet
{
    public static int Run(string[] arguments) => 2;
}
