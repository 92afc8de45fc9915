/* A shared object that is no plugin. */
int ha_not_a_plugin(void);
int ha_not_a_plugin(void) { return 1; }
