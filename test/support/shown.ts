/** Whether a read of Azure shows a resource yet: what was just put is not there for a moment. Throws what is no 404. */
export async function isShown(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return false;
    throw error;
  }
}
